import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { shell } from '../../../src/drivers.ts';
import { exploreSession, serve, sessionOf } from '../../../src/index.ts';
import { describeShell } from '../../conformance/shell.ts';
import { serveSpecimen } from '../../conformance/specimen.ts';

const silent = { log: pino({ level: 'silent' }) };
const serveScripts = (methods: Record<string, string>, options: object = {}) =>
  serve(shell({ methods, ...options }), silent);

describeShell('shell', () =>
  serveSpecimen(shell({ methods: { greet: 'echo "hello $1 from $WHO"; echo bye >&2; exit 3' } }), {
    breakDevice: () => undefined,
  }),
);

/** A folder that goes away with the test. */
async function openFolder() {
  const path = await mkdtemp(join(tmpdir(), 'jumplead-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

/** Whether the process has ended; waits until it has. */
async function hasEnded(pid: number): Promise<boolean> {
  for (;;) {
    const state = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => undefined);
    // A zombie, too, has ended: its parent has not looked yet.
    if (state === undefined || /\) Z /.test(state)) return true;
    await new Promise((resolve) => setImmediate(resolve));
  }
}

describe('a script', () => {
  it('knows its name and its arguments, and runs in its folder', async () => {
    await using folder = await openFolder();
    await using scripts = await serveScripts({ tell: 'printf "%s|" "$0" "$@"; pwd' }, { cwd: folder.path });
    const { stdout } = await scripts.run('tell', ['one', 'two words', '$HOME']);
    expect(stdout).toBe(`tell|one|two words|$HOME|${folder.path}\n`);
  });

  it('tells what it prints as it comes, characters uncut', async () => {
    await using folder = await openFolder();
    const gate = join(folder.path, 'gate');
    await using scripts = await serveScripts({
      drip: `mkfifo ${gate}; printf 'gr\\303'; cat ${gate}; printf '\\274\\303\\237e\\n'`,
    });
    const output = scripts.stream('drip');
    const first = await output.next();
    expect(first).toEqual({ done: false, value: { stream: 'stdout', text: 'gr' } });
    // Only now may it go on.
    const opened = serveScripts({ open: `: > ${gate}` });
    await using opener = await opened;
    await opener.run('open');
    const rest = [];
    let next = await output.next();
    for (; !next.done; next = await output.next()) rest.push(next.value.text);
    expect(rest.join('')).toBe('üße\n');
    expect(next.value).toBe(0);
  });

  it('fails with what it said', async () => {
    await using scripts = await serveScripts({ fail: 'echo "no such board" >&2; exit 4' });
    await expect(scripts.run('fail', ['x'])).rejects.toThrowErrorMatchingInlineSnapshot(`
      [CommandError: run: fail x exited with 4
      no such board]
    `);
    expect(await scripts.run('fail', [], { reject: false })).toEqual({
      stdout: '',
      stderr: 'no such board\n',
      exitCode: 4,
    });
  });

  it('that a signal ends has the exit code of shells', async () => {
    await using scripts = await serveScripts({ die: 'kill -TERM $$' });
    expect(await scripts.run('die', [], { reject: false })).toMatchObject({ exitCode: 143 });
  });

  it('is stopped with all that it has started when its time is up', async () => {
    const script = 'sleep 100000 & echo $! $$; wait';
    await using scripts = await serve(
      shell({ methods: { slow: { command: script, timeout: '300ms' } } }),
      silent,
    );
    const { stdout, stderr, exitCode } = await scripts.run('slow', [], { reject: false });
    expect(exitCode).toBe(199);
    expect(stderr).toBe('\nTimeout expired while running slow: it was stopped after 0.30 s\n');
    for (const pid of stdout.trim().split(' ')) expect(await hasEnded(Number(pid))).toBe(true);
  });

  it('that does not let itself be stopped is killed', async () => {
    const script = 'trap "" TERM; echo $$; while :; do sleep 100000; done';
    await using scripts = await serveScripts({ stubborn: script }, { timeout: '300ms', grace: '100ms' });
    const { stdout, exitCode } = await scripts.run('stubborn', [], { reject: false });
    expect(exitCode).toBe(199);
    expect(await hasEnded(Number(stdout))).toBe(true);
  });

  it('ends when its caller gives up', async () => {
    await using scripts = await serveScripts({ slow: 'echo $$; exec sleep 100000' });
    const caller = new AbortController();
    const pid = Promise.withResolvers<number>();
    const running = scripts.run('slow', [], {
      signal: caller.signal,
      onOutput: ({ text }) => pid.resolve(Number(text)),
    });
    const script = await pid.promise;
    caller.abort(new Error('enough'));
    await expect(running).rejects.toThrow('enough');
    expect(await hasEnded(script)).toBe(true);
  });

  it('ends when its client goes away', async () => {
    await using scripts = await serveScripts({ slow: 'echo $$; exec sleep 100000' });
    await using other = await exploreSession(sessionOf(scripts).target);
    let script = 0;
    const running = (async () => {
      for await (const item of other.root.stream('call_method', ['slow', {}])) {
        const [stdout] = item as [string]; // SAFE: what this script prints
        script = Number(stdout);
        await other[Symbol.asyncDispose]();
      }
    })();
    await expect(running).rejects.toMatchObject({ code: 'unreachable' });
    expect(await hasEnded(script)).toBe(true);
  });

  it('says who is missing, and what is no folder', async () => {
    await using scripts = await serveScripts({ x: 'true' }, { shell: ['no-such-shell', '-c'] });
    await expect(scripts.run('x')).rejects.toThrowErrorMatchingInlineSnapshot(
      `[LaunchError: no-such-shell is not installed]`,
    );
    await using elsewhere = await serveScripts({ x: 'true' }, { cwd: '/no/such/folder' });
    await expect(elsewhere.run('x')).rejects.toThrowErrorMatchingInlineSnapshot(
      `[ConfigError: shell: cwd: got "/no/such/folder", which is no folder]`,
    );
  });
});

describe('the configuration of shell', () => {
  it('is told where it is wrong', () => {
    expect(() => shell({ methods: { empty: ' ' } })).toThrowErrorMatchingInlineSnapshot(`
      [ConfigError: shell: the configuration is wrong
        methods.empty: got " "; a script cannot be empty]
    `);
  });

  it('describes the scripts for the report', async () => {
    const methods = { reset: { command: 'true', description: 'Reset the board' }, plain: 'true' };
    await using scripts = await serve(shell({ methods }), silent);
    await using explored = await exploreSession(sessionOf(scripts).target);
    expect(explored.root.methods).toMatchObject({ reset: 'Reset the board' });
    expect(await scripts.methods()).toEqual(['reset', 'plain']);
  });
});
