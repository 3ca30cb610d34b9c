import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Tty } from '../../../src/client/console/tty.ts';
import { ExpectError } from '../../../src/core/index.ts';
import { ttyOn } from '../../fixtures/open-tty.ts';
import { openShellOnTty } from '../../fixtures/shell-on-tty.ts';

const SHELLS = {
  bash: ['bash', '--norc', '-i'],
  dash: ['dash', '-i'],
  'busybox ash': ['busybox', 'sh', '-i'],
} as const;

/** Prompts with colours, marks and titles, as distributions make them, and one that looks like output. */
const PROMPTS = {
  plain: '$ ',
  fancy: '\\[\\e]0;\\u@\\h\\a\\e]3008;start=1\\e\\\\\\e[1;32m\\]\\u@\\h:\\w\\$\\[\\e[0m\\] ',
  misleading: 'jl00:0: ',
} as const;

describe.each(Object.entries(SHELLS))('run in %s', (_, command) => {
  let tty: Tty;
  beforeEach(() => {
    tty = ttyOn(openShellOnTty(command, { PS1: PROMPTS.plain }));
  });
  afterEach(() => tty.close());

  test('gives output and exit code, to the last character', async () => {
    expect(await tty.run('echo one; printf two')).toEqual({ stdout: 'one\ntwo', exitCode: 0 });
    expect(await tty.run('printf "\\n\\nx\\n\\n"')).toEqual({ stdout: '\n\nx\n\n', exitCode: 0 });
    expect(await tty.run('exit_with() { return "$1"; }; exit_with 42', { reject: false })).toEqual({
      stdout: '',
      exitCode: 42,
    });
  });

  test('words arrive as they are', async () => {
    const words = ["it's", 'a  b', '$HOME', 'x\ty', 'ü€', 'two\nlines', '!!', '%d\\n', '`id`', ';', '\\'];
    expect((await tty.run(['printf', '%s|', ...words])).stdout).toBe(`${words.join('|')}|`);
  });

  test('lines longer than a terminal edits are taken whole', async () => {
    const text = `${"long it's ".repeat(600)}end`;
    expect((await tty.run(['echo', text])).stdout).toBe(`${text}\n`);
  });

  test('large output comes whole', async () => {
    const numbers = Array.from({ length: 30_000 }, (_, index) => `${index + 1}\n`).join('');
    expect((await tty.run('seq 1 30000')).stdout).toBe(numbers);
  });

  test('directory and variables stay', async () => {
    await tty.run('cd /; name=value');
    expect((await tty.run('echo $PWD $name')).stdout).toBe('/ value\n');
  });

  test('a failure quotes what was printed', async () => {
    const failure = await tty.run('echo no such luck; false').catch((error: unknown) => error);
    expect(failure).toMatchObject({ code: 'command', exitCode: 1, stdout: 'no such luck\n' });
    expect(String(failure)).toContain(
      '"echo no such luck; false" exited with 1\nit printed:\n  | no such luck',
    );
  });

  test('a mistake of syntax is a failure, and no end of the conversation', async () => {
    await expect(tty.run('if')).rejects.toMatchObject({ code: 'command', exitCode: 2 });
    expect((await tty.run('echo on')).stdout).toBe('on\n');
  });

  test('messages of the kernel are left out, what only looks like them is not', async () => {
    // The terminal is told to leave CR alone: with it, a line looks as the kernel prints it.
    const kernel = '[   12.345678] audit: type=1404 enforcing=0\\r\\n';
    const own = '[    0.000000] Linux version 6.1\\n';
    const { stdout } = await tty.run(`printf 'Enfor${kernel}cing\\n${kernel}${own}'`);
    expect(stdout).toBe('Enforcing\n[    0.000000] Linux version 6.1\n');
  });

  test('a command that takes too long is interrupted', async () => {
    const error = await tty.run('echo started; sleep 1000', { timeout: '500ms' }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(ExpectError);
    expect(error).toMatchObject({ reason: 'timeout', operation: 'console.run' });
    expect((await tty.run('echo next')).stdout).toBe('next\n');
  });

  test('an abort interrupts it as well', async () => {
    const aborter = new AbortController();
    const reason = new Error('enough');
    const running = tty.run('sleep 1000', { signal: aborter.signal });
    aborter.abort(reason);
    await expect(running).rejects.toBe(reason);
  });
});

test.each(Object.entries(PROMPTS))('run with a %s prompt', async (_, prompt) => {
  await using tty = ttyOn(openShellOnTty(SHELLS.bash, { PS1: prompt }));
  expect((await tty.run('echo "it works"')).stdout).toBe('it works\n');
});

test('a shell that ends leaves a run without its end', async () => {
  await using tty = ttyOn(openShellOnTty(SHELLS.dash));
  await expect(tty.run('exit 3')).rejects.toMatchObject({ code: 'expect', reason: 'closed' });
});
