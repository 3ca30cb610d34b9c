import { expect } from 'vitest';
import { shell } from '../../../../src/drivers/shell/index.ts';
import { Shell } from '../../../../src/interfaces/index.ts';
import { type CommandRun, defineRow, type TypescriptRun } from '../row.ts';

const GREET = { command: 'echo "hello $1 from $WHO"; echo bye >&2', description: 'Say hello' };
const FAIL = 'echo "no such board" >&2; exit 3';
/** Its time is long enough to begin on a busy host. */
const SLOW = 'echo begun; sleep 1000';

async function typescript({ handle, raw }: TypescriptRun<typeof Shell, unknown>) {
  expect(raw.pythonClient).toBe('jumpstarter_driver_shell.client.ShellClient');
  expect(await handle.methods()).toEqual(['greet', 'fail', 'slow']);
  expect(raw.methods['greet']).toBe('Say hello');
  const greeted = await handle.run('greet', ['you'], { env: { WHO: 'here' } });
  expect(greeted).toEqual({ stdout: 'hello you from here\n', stderr: 'bye\n', exitCode: 0 });
  await expect(handle.run('fail')).rejects.toMatchObject({
    code: 'command',
    exitCode: 3,
    stderr: 'no such board\n',
  });
  const slow = await handle.run('slow', [], { reject: false });
  expect(slow).toMatchObject({ stdout: 'begun\n', exitCode: 199, stderr: expect.stringContaining('slow') });
  await expect(handle.run('none')).rejects.toMatchObject({ code: 'config', fault: 'caller' });
  const guarded = Array.fromAsync(raw.stream('call_method', ['greet', { LD_PRELOAD: 'x' }, 'you']));
  await expect(guarded).rejects.toMatchObject({ code: 'config', fault: 'caller' });
}

/** Scripts with arguments, an environment, time limits and exit codes. */
export const shellRow = defineRow({
  name: 'shell',
  title: 'shell',
  rig: Shell,
  open: () => ({
    python: {
      type: 'jumpstarter_driver_shell.driver.Shell',
      config: { methods: { greet: GREET, fail: FAIL, slow: { command: SLOW, timeout: 5 } } },
    },
    ours: shell({ methods: { greet: GREET, fail: FAIL, slow: { command: SLOW, timeout: '5s' } } }),
    facts: {},
  }),
  tsTs: typescript,
  tsPy: typescript,
  pyTs: 'shell.py',
  jTs: async ({ run }: CommandRun<unknown>) => {
    const help = await run('shell --help');
    expect(help.stdout).toMatch(/greet +Say hello/);
    const greeted = await run('shell greet -e WHO=j you');
    expect(greeted).toEqual({ exitCode: 0, stdout: 'hello you from j\n', stderr: 'bye\n' });
    const failed = await run('shell fail');
    // Its code is 0: Python's client takes the number for an object of another kind.
    expect(failed.stderr).toContain('no such board');
  },
  jlPy: async ({ run }: CommandRun<unknown>) => {
    const help = await run('shell --help');
    expect(help.stdout).toMatch(/greet .*Say hello/);
    const greeted = await run('shell greet -e WHO=jl you');
    expect(greeted).toEqual({ exitCode: 0, stdout: 'hello you from jl\n', stderr: 'bye\n' });
    const failed = await run('shell fail');
    expect(failed).toMatchObject({ exitCode: 3, stderr: 'no such board\n' });
    expect((await run('shell none')).exitCode).toBe(2);
  },
});
