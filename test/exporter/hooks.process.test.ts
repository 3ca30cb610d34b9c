import { mkdir, mkdtempDisposable, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type Explored, exploreSession } from '../../src/client/index.ts';
import { findProgram, runTool } from '../../src/core/index.ts';
import { fakePower } from '../../src/drivers/fake/index.ts';
import { runProgram } from '../../src/exporter/hooks/run-program.ts';
import {
  beginLease,
  endLease,
  firstStatus,
  type Hook,
  type Hooks,
  openSession,
} from '../../src/exporter/index.ts';

const log = pino({ level: 'silent' });
const never = new AbortController().signal;

let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
beforeEach(async () => {
  folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-hooks-'));
});
afterEach(() => folder.remove());

const hook = (script: string, more: Partial<Hook> = {}): Hook => ({
  script,
  timeout: '1h',
  onFailure: 'warn',
  ...more,
});

/** A session with these hooks, and a client of it. */
async function serveHooks(hooks: Hooks, env: NodeJS.ProcessEnv = process.env) {
  await using stack = new AsyncDisposableStack();
  const session = stack.use(
    await openSession(fakePower(), { log, motd: 'be kind', status: firstStatus(hooks) }),
  );
  const client = stack.use(await exploreSession(session.socket));
  const held = stack.move();
  const lease = { hooks, name: 'standalone', client: 'jane', env, signal: never };
  return { session, client, lease, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** What the session has logged so far: it holds what nobody has read. */
async function readLog({ session }: Explored, last: string): Promise<string[]> {
  const lines: string[] = [];
  for await (const { origin, severity, message } of session.logs()) {
    lines.push(`${origin} ${severity} ${message}`);
    if (message.includes(last)) return lines;
  }
  return lines;
}

const statusOf = async ({ session }: Explored) => {
  const { state, message, version } = await session.status();
  return `${version} ${state} ${message}`;
};

describe('what a hook prints', () => {
  test('is on the log of the clients, line by line, as that of the hook', async () => {
    const script = 'printf "one \\r\\n\\n  two\\n\\377three\\n"; echo four >&2; printf five';
    await using served = await serveHooks({
      beforeLease: hook(script),
      afterLease: hook('echo done'),
    });
    await beginLease(served.session, served.lease);
    await endLease(served.session, served.lease);
    expect(await readLog(served.client, 'done')).toEqual([
      'before-lease-hook INFO one',
      'before-lease-hook INFO   two',
      'before-lease-hook INFO \ufffdthree',
      'before-lease-hook INFO four',
      'before-lease-hook INFO five',
      'after-lease-hook INFO done',
    ]);
  });

  test('comes from a terminal, and what it leaves behind does not keep it', async () => {
    await using served = await serveHooks({
      beforeLease: hook('sleep 1000 & test -t 0 && test -t 1 && test -t 2 && echo "$TERM terminal"'),
    });
    await beginLease(served.session, served.lease);
    expect(await readLog(served.client, 'terminal')).toEqual(['before-lease-hook INFO dumb terminal']);
    expect(await statusOf(served.client)).toBe('2 LEASE_READY Ready for commands');
  });

  test('where there is no program `script` comes through a pipe', async () => {
    const bin = join(folder.path, 'bin');
    await mkdir(bin);
    for (const name of ['sh', 'flock']) await symlink((await findProgram([name])) ?? '', join(bin, name));
    await using served = await serveHooks({ beforeLease: hook('test -t 1 || echo no terminal; exit 7') });
    const path = process.env['PATH'];
    process.env['PATH'] = bin;
    try {
      await beginLease(served.session, served.lease);
    } finally {
      process.env['PATH'] = path;
    }
    expect(await readLog(served.client, 'exit code')).toEqual([
      'before-lease-hook INFO no terminal',
      'before-lease-hook WARNING Hook failed with exit code 7 (onFailure: warn, going on)',
    ]);
  });

  test('without an end is cut into lines', async () => {
    await using served = await serveHooks({
      beforeLease: hook('head -c 100000 /dev/zero | tr "\\0" x; echo y'),
    });
    await beginLease(served.session, served.lease);
    const lines = await readLog(served.client, 'y');
    expect(lines.map((line) => line.replace('before-lease-hook INFO ', '').length)).toEqual([
      ...Array<number>(24).fill(4_096),
      100_001 - 24 * 4_096,
    ]);
  });
});

describe('a hook is run', () => {
  test('with what it must know in its environment, and without a prompt', async () => {
    const out = join(folder.path, 'env');
    await using served = await serveHooks(
      { beforeLease: hook(`env -0 > ${out}; pwd > ${out}.pwd`) },
      { ...process.env, PS1: '$ ', OURS: 'kept', SHELL: '/no/such shell' },
    );
    await beginLease(served.session, served.lease);
    const entries = (await readFile(out, 'utf8')).split('\0').map((line) => line.split('='));
    const env: Readonly<Record<string, string | undefined>> = Object.fromEntries(entries);
    expect(env).toMatchObject({
      JUMPSTARTER_HOST: served.session.socket,
      JMP_DRIVERS_ALLOW: 'UNSAFE',
      LEASE_NAME: 'standalone',
      CLIENT_NAME: 'jane',
      TERM: 'dumb',
      DEBIAN_FRONTEND: 'noninteractive',
      GIT_TERMINAL_PROMPT: '0',
      OURS: 'kept',
      SHELL: '/no/such shell',
    });
    expect(env['PS1']).toBeUndefined();
    expect(await readFile(`${out}.pwd`, 'utf8')).toBe(`${process.cwd()}\n`);
  });

  test.for([
    ['text, by /bin/sh', 'echo "$0 $1"', {}, '/bin/sh'],
    ['text with quotes', `echo "it's" 'a "test"'`, {}, `it's a "test"`],
    ['text, by another', 'print("py" + "thon")', { exec: 'python3' }, 'python'],
    ['a file, by /bin/sh', ' FOLDER/hook.sh\n', {}, 'FOLDER/hook.sh'],
    ['a file of Python', 'FOLDER/hook.py', {}, 'python FOLDER/hook.py'],
    ['a file, by another', 'FOLDER/hook.py', { exec: 'cat' }, 'import sys; print("python", sys.argv[0])'],
  ] as const)('%s', async ([, script, more, printed]) => {
    const fill = (text: string) => text.replaceAll('FOLDER', folder.path);
    await writeFile(join(folder.path, 'hook.sh'), 'echo $0\n');
    await writeFile(join(folder.path, 'hook.py'), 'import sys; print("python", sys.argv[0])\n');
    await using served = await serveHooks({ beforeLease: hook(fill(script), more) });
    await beginLease(served.session, served.lease);
    const [line = ''] = await readLog(served.client, '');
    expect(line.trim()).toBe(`before-lease-hook INFO ${fill(printed)}`);
  });

  test('not at all when it is blank', async () => {
    await using served = await serveHooks({ beforeLease: hook(' \n ', { exec: '/no/such/program' }) });
    expect(await beginLease(served.session, served.lease)).toBe('ok');
    expect(await statusOf(served.client)).toBe('2 LEASE_READY Ready for commands');
  });

  test('with the private socket of its session, on which calls need no passphrase', async () => {
    const called = join(folder.path, 'called');
    const program = join(import.meta.dirname, '../fixtures/power-on.ts');
    const script = `'${process.execPath}' --disable-warning=ExperimentalWarning '${program}' > '${called}'`;
    await using served = await serveHooks({ beforeLease: hook(script, { onFailure: 'exit' }) });
    await served.session.listen({ host: '127.0.0.1', port: 0, insecure: true, passphrase: 'a secret' });
    expect(await beginLease(served.session, served.lease)).toBe('ok');
    expect(await readFile(called, 'utf8')).toBe('on\n');
  });
});

describe('the message for whoever connects', () => {
  test('gets what the hook before the lease has written', async () => {
    await using served = await serveHooks({ beforeLease: hook('echo "  board 7 " > "$JMP_MOTD_FILE"') });
    await beginLease(served.session, served.lease);
    await using later = await exploreSession(served.session.socket);
    expect(later.session.report.motd).toBe('be kind\nboard 7');
  });

  test.for([
    ['nothing', 'true', 'be kind'],
    ['what is no file', 'rm "$JMP_MOTD_FILE"; mkfifo "$JMP_MOTD_FILE"', 'be kind'],
    ['a link', 'ln -sf /etc/hostname "$JMP_MOTD_FILE"', 'be kind'],
    [
      'too much',
      'head -c 200000 /dev/zero | tr "\\0" x > "$JMP_MOTD_FILE"',
      `be kind\n${'x'.repeat(65_536)}`,
    ],
  ] as const)('of %s', async ([, script, motd]) => {
    await using served = await serveHooks({ beforeLease: hook(script, { onFailure: 'exit' }) });
    expect(await beginLease(served.session, served.lease)).toBe('ok');
    expect(served.session.motd).toBe(motd);
  });
});

describe('the status', () => {
  test('without hooks', async () => {
    await using served = await serveHooks({});
    expect(await statusOf(served.client)).toBe('1 LEASE_READY Ready for commands');
    expect(await beginLease(served.session, served.lease)).toBe('ok');
    expect(await statusOf(served.client)).toBe('1 LEASE_READY Ready for commands');
    expect(await endLease(served.session, served.lease)).toBe('ok');
    expect(await statusOf(served.client)).toBe('2 AVAILABLE Available for new lease');
  });

  test('while a hook runs: calls are served', async () => {
    const go = join(folder.path, 'go');
    await using served = await serveHooks({
      beforeLease: hook(`mkfifo ${go}; echo made; read line < ${go}`),
    });
    expect(await statusOf(served.client)).toBe('1 BEFORE_LEASE_HOOK Running beforeLease hook');
    const begun = beginLease(served.session, served.lease);
    await readLog(served.client, 'made');
    await served.client.root.call('on');
    await writeFile(go, '\n');
    await begun;
    expect(await statusOf(served.client)).toBe('2 LEASE_READY Ready for commands');
  });

  test('with a hook after the lease only', async () => {
    await using served = await serveHooks({ afterLease: hook('true') });
    await beginLease(served.session, served.lease);
    expect(await statusOf(served.client)).toBe('1 LEASE_READY Ready for commands');
    await endLease(served.session, served.lease);
    expect(await statusOf(served.client)).toBe('3 AVAILABLE Available for new lease');
  });

  test.for([
    ['warn', 'ok', '2 LEASE_READY [HOOK_WARNING] beforeLease hook warning: Hook failed with exit code 3'],
    [
      'endLease',
      'endLease',
      '2 BEFORE_LEASE_HOOK_FAILED beforeLease hook failed (on_failure=endLease): Hook failed with exit code 3',
    ],
    ['exit', 'exit', '3 OFFLINE Exporter shutting down due to beforeLease hook failure'],
  ] as const)('when the hook before the lease fails: %s', async ([onFailure, outcome, status]) => {
    await using served = await serveHooks({ beforeLease: hook('exit 3', { onFailure }) });
    expect(await beginLease(served.session, served.lease)).toBe(outcome);
    expect(await statusOf(served.client)).toBe(status);
    const call = served.client.root.call('on');
    await (onFailure === 'warn'
      ? call
      : expect(call).rejects.toThrow('Exporter not ready for driver calls (status: '));
  });

  test.for([
    ['warn', 'ok', '3 AVAILABLE [HOOK_WARNING] afterLease hook warning: Hook failed with exit code 3'],
    [
      'endLease',
      'endLease',
      '3 AFTER_LEASE_HOOK_FAILED afterLease hook failed (on_failure=endLease): Hook failed with exit code 3',
    ],
    ['exit', 'exit', '4 OFFLINE Exporter shutting down due to afterLease hook failure'],
  ] as const)('when the hook after the lease fails: %s', async ([onFailure, outcome, status]) => {
    await using served = await serveHooks({ afterLease: hook('exit 3', { onFailure }) });
    expect(await endLease(served.session, served.lease)).toBe(outcome);
    expect(await statusOf(served.client)).toBe(status);
  });

  test('when there is no such interpreter', async () => {
    await using served = await serveHooks({ beforeLease: hook('true', { exec: '/no/such/program' }) });
    await beginLease(served.session, served.lease);
    expect(await statusOf(served.client)).toContain(
      '[HOOK_WARNING] beforeLease hook warning: Error executing hook: /no/such/program is not installed',
    );
  });

  test('when the system cannot start it', async () => {
    await using served = await serveHooks({ beforeLease: hook(`: ${'x'.repeat(200_000)}`) });
    await beginLease(served.session, served.lease);
    expect(await statusOf(served.client)).toContain('Error executing hook: spawn E2BIG');
  });

  test('when a signal has ended it', async () => {
    await using served = await serveHooks({ beforeLease: hook('kill -9 $$') });
    await beginLease(served.session, served.lease);
    expect(await statusOf(served.client)).toContain('Hook failed with exit code 137');
  });
});

describe('a hook ends', () => {
  /** What makes all that a hook starts hold a lock, and what waits until none of them is there to hold it. */
  const holding = () => `exec 3> ${folder.path}/lock; flock 3`;
  const gone = () => runTool('flock', [join(folder.path, 'lock'), 'true']);

  test('when its time is up, with what it has started', async () => {
    const beforeLease = hook(`${holding()}; sleep 1000`, { timeout: '0.3s' });
    await using served = await serveHooks({ beforeLease });
    await beginLease(served.session, served.lease);
    expect(await statusOf(served.client)).toContain('Hook timed out after 0.3 seconds');
    await gone();
  });

  test.for([
    ['on a terminal', false],
    ['in a pipe', true],
  ] as const)('when it is given up, also one that is deaf to it: %s', async ([, bare]) => {
    const bin = join(folder.path, 'bin');
    await mkdir(bin);
    for (const name of ['sh', 'setpriv', 'flock', 'sleep'])
      await symlink((await findProgram([name])) ?? '', join(bin, name));
    const path = process.env['PATH'];
    const stop = new AbortController();
    const script = `trap '' TERM HUP INT; ${holding()}; echo deaf; while :; do sleep 1000; done`;
    const deaf = Promise.withResolvers<void>();
    if (bare) process.env['PATH'] = bin;
    const ended = runProgram(
      { program: '/bin/sh', args: ['-c', script], env: process.env },
      { timeout: '1h', signal: stop.signal, onLine: () => deaf.resolve(), patience: '50ms' },
    );
    ended.catch(() => undefined);
    await deaf.promise;
    process.env['PATH'] = path;
    stop.abort(new Error('changed my mind'));
    await expect(ended).rejects.toThrow('changed my mind');
    await gone();
  });
});
