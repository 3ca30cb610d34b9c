import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtempDisposable, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import type { AddressInfo } from 'node:net';
import { connect as connectSocket, createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { serve } from 'jumplead';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { SshSession } from '../../../src/client/ssh/ssh-session.ts';
import { AuthError, DeadlineError } from '../../../src/core/index.ts';
import { openSshHost, type SshHost, sshOf } from '../../fixtures/ssh-host.ts';
import { takeClock } from '../../support/take-clock.ts';

const HOUR = { timeout: '1h' } as const;
const utf8 = async (chunks: AsyncIterable<Uint8Array>) =>
  Buffer.concat(await Array.fromAsync(chunks)).toString();

describe('a session', () => {
  const stack = new AsyncDisposableStack();
  let ssh: SshSession;
  let folder: string;
  beforeAll(async () => {
    const host = stack.use(await openSshHost());
    const device = stack.use(await serve(sshOf(host)));
    ssh = stack.use(await device.connect(HOUR));
    folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'jumplead-ssh-'))).path;
  });
  afterAll(() => stack.disposeAsync());

  test('runs text as the shell reads it, and words as they are', async () => {
    expect(await ssh.run('echo out; echo err >&2')).toEqual({
      stdout: 'out\n',
      stderr: 'err\n',
      exitCode: 0,
      signal: null,
    });
    expect((await ssh.run(['printf', '%s|', '$HOME', "it's", 'a  b'])).stdout).toBe("$HOME|it's|a  b|");
  });

  test('a failure is a CommandError, or a result', async () => {
    const failure = ssh.run('echo half; echo broken >&2; exit 3');
    await expect(failure).rejects.toMatchObject({
      code: 'command',
      exitCode: 3,
      stdout: 'half\n',
      stderr: 'broken\n',
    });
    await expect(failure).rejects.toThrow(
      'ssh.run: "echo half; echo broken >&2; exit 3" exited with 3\nbroken',
    );
    expect(await ssh.run('kill -TERM $$', { reject: false })).toMatchObject({
      exitCode: null,
      signal: 'SIGTERM',
    });
  });

  test('gives input and variables', async () => {
    expect((await ssh.run('cat', { stdin: 'typed' })).stdout).toBe('typed');
    const many = Buffer.alloc(5_000_000, 'x');
    expect((await ssh.run('wc -c', { stdin: many })).stdout.trim()).toBe('5000000');
    expect((await ssh.run('echo "$A"', { env: { A: "it's" } })).stdout).toBe("it's\n");
    expect((await ssh.run('true', { stdin: many })).exitCode).toBe(0);
  });

  test('large output comes whole', async () => {
    const { stdout } = await ssh.run('head -c 5000000 /dev/zero | tr "\\0" x');
    expect(stdout.length).toBe(5_000_000);
  });

  test('a command that takes too long is ended', async () => {
    const running = ssh.run('sleep 1000', { timeout: 50 });
    await expect(running).rejects.toBeInstanceOf(DeadlineError);
    const reason = new Error('enough');
    await expect(ssh.run('sleep 1000', { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  });

  test('spawn gives the streams of a command', async () => {
    await using cat = await ssh.spawn('cat; echo end >&2');
    await cat.write(Buffer.from('one '));
    await cat.write(Buffer.from('two'));
    await cat.end();
    expect(await Promise.all([utf8(cat.stdout), utf8(cat.stderr)])).toEqual(['one two', 'end\n']);
    expect(await cat.exited).toEqual({ exitCode: 0, signal: null });
  });

  test('kill sends a signal', async () => {
    await using sleep = await ssh.spawn(['sleep', '1000']);
    sleep.kill('TERM');
    expect(await sleep.exited).toEqual({ exitCode: null, signal: 'SIGTERM' });
  });

  test('a terminal has the size that was asked for', async () => {
    await using process = await ssh.spawn('terminal-size', { pty: { rows: 30, columns: 100 } });
    expect(await utf8(process.stdout)).toBe('30x100\n');
  });

  test('shell is a channel', async () => {
    await using shell = await ssh.shell({ rows: 10, columns: 40 });
    await shell.write(Buffer.from('echo "2 + 2 = $((2 + 2))"; exit 5\n'));
    expect(await utf8(shell)).toContain('2 + 2 = 4');
    expect(await shell.exited).toEqual({ exitCode: 5, signal: null });
  });

  test('copies files and folders both ways', async () => {
    const bytes = randomBytes(3_000_001);
    const tree = join(folder, 'tree');
    await mkdir(join(tree, 'inner'), { recursive: true });
    await writeFile(join(tree, 'big.bin'), bytes, { mode: 0o750 });
    await writeFile(join(tree, 'inner', 'empty'), '');
    await ssh.upload(tree, join(folder, 'there'));
    await ssh.download(join(folder, 'there'), join(folder, 'back'));
    const back = await readFile(join(folder, 'back', 'big.bin'));
    expect(createHash('sha256').update(back).digest('hex')).toBe(
      createHash('sha256').update(bytes).digest('hex'),
    );
    expect(await readdir(join(folder, 'back'), { recursive: true })).toEqual(
      expect.arrayContaining(['big.bin', 'inner', join('inner', 'empty')]),
    );
    expect(await readdir(join(folder, 'there'))).toHaveLength(2);
    expect((await stat(join(folder, 'there', 'big.bin'))).mode & 0o777).toBe(0o750);
  });

  test('a copy replaces what was there, and keeps the name where it goes into a folder', async () => {
    const [from, to] = [join(folder, 'new.txt'), join(folder, 'old.txt')];
    await writeFile(from, 'new');
    await writeFile(to, 'old');
    await ssh.upload(from, to);
    expect(await readFile(to, 'utf8')).toBe('new');
    await mkdir(join(folder, 'into'));
    await ssh.download(to, `${join(folder, 'into')}/`);
    expect(await readdir(join(folder, 'into'))).toEqual(['old.txt']);
  });

  test('a file that is not there is a NotFoundError', async () => {
    await expect(ssh.upload(join(folder, 'nope'), join(folder, 'x'))).rejects.toMatchObject({
      code: 'not-found',
    });
    await expect(ssh.download('/nope/nope', join(folder, 'x'))).rejects.toMatchObject({
      code: 'not-found',
      missing: '/nope/nope',
    });
    await expect(ssh.upload(import.meta.filename, '/nope/nope')).rejects.toMatchObject({ code: 'not-found' });
  });

  test('forwards a port of the device', async () => {
    const server = createServer((socket) => socket.end('from the device'));
    server.listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as AddressInfo;
    await using forward = await ssh.forward({ guestPort: port });
    expect(forward.host).toBe('127.0.0.1');
    expect(await text(connectSocket(forward.port, forward.host))).toBe('from the device');
    await expect(ssh.forward({ guestPort: port, localPort: forward.port })).rejects.toMatchObject({
      code: 'state',
    });
    server.close();
  });
});

describe('connecting', () => {
  const stack = new AsyncDisposableStack();
  let host: SshHost;
  let connect: (options: object) => Promise<SshSession>;
  beforeAll(async () => {
    host = stack.use(await openSshHost('System is booting up.'));
    const device = stack.use(await serve(sshOf(host)));
    connect = (options) => device.connect(options);
  });
  afterAll(() => stack.disposeAsync());

  test('goes on trying while the server does not answer', async () => {
    host.refuse(2);
    await using ssh = await connect(HOUR);
    expect((await ssh.run('echo in')).stdout).toBe('in\n');
  });

  test('a password will do', async () => {
    const { username, password } = host.identity;
    await using ssh = await connect({ ...HOUR, username, password });
    expect((await ssh.run('echo in')).stdout).toBe('in\n');
  });

  test('a login that is refused ends it at once, and tells no secret', async () => {
    const error = await connect({ ...HOUR, password: 'wrong secret' }).catch((e: unknown) => e);
    expect(error).toBeInstanceOf(AuthError);
    expect(String(error)).toBe(
      'AuthError: ssh.connect: the server refuses the login of user "tester"\nthe server said: System is booting up.',
    );
  });

  test('the end of the time says what happened last', async () => {
    using clock = takeClock();
    const before = host.refused();
    host.refuse(Number.POSITIVE_INFINITY);
    const connecting = connect(HOUR).catch((e: unknown) => e);
    // With the second attempt the first has failed.
    await expect.poll(() => host.refused() - before).toBeGreaterThan(1);
    clock.advance(3_600_000);
    const error = await connecting;
    host.refuse(0);
    expect(error).toBeInstanceOf(DeadlineError);
    expect(String(error)).toContain(
      'still waiting for the ssh server\nlast attempt: ssh.connect: the server ended',
    );
  });

  test('a connection that dies ends everything in it', async () => {
    await using ssh = await connect(HOUR);
    const running = ssh.run('sleep 1000').catch((error: unknown) => error);
    await using cat = await ssh.spawn('cat');
    host.cut();
    expect(await running).toMatchObject({ code: 'unreachable' });
    await expect(cat.exited).rejects.toMatchObject({ code: 'unreachable' });
    await expect(ssh.run('true')).rejects.toMatchObject({ code: 'unreachable' });
    await expect(ssh.upload(import.meta.filename, '/tmp/x')).rejects.toMatchObject({ code: 'unreachable' });
  });

  test('closing does not wait for what still runs', async () => {
    const ssh = await connect(HOUR);
    await ssh.spawn('trap "" HUP; sleep 30');
    await ssh.close();
    await expect(ssh.run('true')).rejects.toMatchObject({ code: 'unreachable' });
  });

  test('a key that is none is said to be so, without it', async () => {
    const error = await connect({ username: 'x', privateKey: 'not-a-key' }).catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'config', issues: [{ path: 'privateKey' }] });
    expect(String(error)).not.toContain('not-a-key');
  });
});
