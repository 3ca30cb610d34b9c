import { randomBytes } from 'node:crypto';
import { mkdtempDisposable, readFile, stat, writeFile } from 'node:fs/promises';
import { connect as connectSocket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { fakeConsole, fakeFlasher, fakePower, fakeSsh } from 'jumplead/fake';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { group } from '../../../src/driver/index.ts';
import { shell } from '../../../src/drivers/shell/index.ts';
import { echoNetwork, opendal, tcpNetwork } from '../../../src/drivers/std/index.ts';
import { selfSigned } from '../../exporter/self-signed.ts';
import { JL, runJl, type ServedDevice, serveDevice } from './jl.ts';

const folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-jl-'));
const file = (name: string) => join(folder.path, name);

const console = fakeConsole({ greeting: 'booting\r\nlogin: ', echo: false });
const ssh = fakeSsh({
  commands: { 'echo $HOME': { stdout: '/home/user\n' }, 'exit 7': { exitCode: 7, stderr: 'no\n' } },
});
const scripts = shell({
  methods: { greet: 'echo "hello $1, $WHO"; echo oops >&2; exit $2' },
});

let served: ServedDevice;
beforeAll(async () => {
  const root = join(folder.path, 'storage');
  const storage = opendal({ scheme: 'fs', options: { root } });
  const flasher = fakeFlasher();
  const nobody = tcpNetwork({ host: '127.0.0.1', port: 1 });
  served = await serveDevice(
    group({
      console,
      ssh,
      scripts,
      storage,
      flasher,
      nobody,
      echo: echoNetwork(),
      power: fakePower({ readings: [{ voltage: 1, current: 2 }] }),
    }),
  );
});
afterAll(async () => {
  await served[Symbol.asyncDispose]();
  await folder.remove();
});

describe('ssh', () => {
  test('a command with its output and its exit code', async () => {
    const [kernel, home, failed] = await Promise.all([
      served.jl(['ssh', '--', 'uname', '-r']),
      served.jl(['ssh', '--', 'echo $HOME']),
      served.jl(['ssh', '--', 'exit', '7']),
    ]);
    expect(kernel).toEqual({ stdout: '6.1.0-fake', stderr: '', exitCode: 0 });
    expect(home.stdout).toBe('/home/user');
    expect(failed).toEqual({ stdout: '', stderr: 'no', exitCode: 7 });
  });

  test('what it reads is what is piped in', async () => {
    const input = randomBytes(200_000).toString('base64');
    expect((await served.jl(['ssh', '--', 'cat'], { input })).stdout).toBe(input);
  });

  test('to log in takes a terminal', async () => {
    const { stderr, exitCode } = await served.jl(['ssh']);
    expect(exitCode).toBe(2);
    expect(stderr).toContain('stdin is no terminal; give a command: jl ssh -- COMMAND');
  });

  test('the way to the server for other programs', async () => {
    const { stdout } = await served.jl(['ssh', 'address', '--host']);
    expect(stdout).toBe('127.0.0.1');
    const ran = await served.interrupted(['ssh', 'forward-tcp', '0'], async (line) => {
      const [host = '', port] = line.split(':');
      const socket = connectSocket({ host, port: Number(port) });
      socket.once('data', () => socket.destroy());
      expect(await text(socket.setEncoding('utf8')).catch(() => '')).toBe('');
    });
    expect(ran.exitCode).toBe(130);
  });
});

describe('a port of the device', () => {
  test.each([
    ['forward-tcp', '0'],
    ['forward-unix', ''],
  ])('%s, until Ctrl-C', async (command, argument) => {
    const ran = await served.interrupted(['echo', command, argument].filter(Boolean), async (line) => {
      const [host = '', port] = line.split(':');
      const socket = port === undefined ? connectSocket(line) : connectSocket({ host, port: Number(port) });
      socket.end('hello');
      expect(await text(socket)).toBe('hello');
      if (port === undefined) expect((await stat(line)).mode & 0o777).toBe(0o600);
    });
    expect(ran).toMatchObject({ exitCode: 130, stderr: '' });
    if (command === 'forward-unix') await expect(stat(ran.stdout)).rejects.toMatchObject({ code: 'ENOENT' });
  });

  test('is for this host only', async () => {
    expect(await served.jl(['echo', 'forward-tcp', '0', '--address', '0.0.0.0'])).toMatchObject({
      exitCode: 2,
    });
    expect((await served.jl(['nobody', 'address'])).stdout).toBe('127.0.0.1:1');
    expect((await served.jl(['nobody', 'address', '--port'])).stdout).toBe('1');
  });
});

describe('pipe', () => {
  test('what the device says goes to stdout, or to a file', async () => {
    const ran = await served.interrupted(['console', 'pipe', '--no-input'], async (line) => {
      expect(line).toBe('booting');
    });
    expect(ran.exitCode).toBe(130);
    expect(ran.stderr).toBe('the device to stdout (Ctrl-C ends it)');
  });

  test('nothing of what is sent is lost', async () => {
    const input = `${randomBytes(150_000).toString('base64')}\n`;
    const before = console.device.typed.length;
    const { exitCode } = await served.jl(['console', 'pipe', '--no-output'], { input });
    expect(exitCode).toBe(0);
    expect(console.device.typed.slice(before)).toBe(input);
  });

  test('options that contradict each other', async () => {
    for (const words of [['--no-output', '--no-input'], ['--append']])
      expect(await served.jl(['console', 'pipe', ...words])).toMatchObject({ exitCode: 2 });
  });
});

test('scripts of the exporter', async () => {
  const ran = await served.jl(['scripts', 'greet', '-e', 'WHO=me', '-x', '3']);
  expect(ran).toEqual({ stdout: 'hello -x, me', stderr: 'oops', exitCode: 3 });
  expect((await served.jl(['scripts', '--help'])).stdout).toContain('\n  greet ');
  expect(await served.jl(['scripts', 'greeet'])).toMatchObject({
    stderr: expect.stringContaining('Did you mean greet?'),
  });
});

test('files of a storage', async () => {
  await served.jl(['storage', 'write-bytes', 'a.txt'], { input: 'hello' });
  expect((await served.jl(['storage', 'read-bytes', 'a.txt'])).stdout).toBe('hello');
  expect(JSON.parse((await served.jl(['storage', 'stat', 'a.txt'])).stdout)).toMatchObject({
    content_length: 5,
    mode: { is_file: true, is_dir: false },
  });
  expect((await served.jl(['storage', 'hash', 'a.txt', '--algo', 'md5'])).stdout).toBe(
    '5d41402abc4b2a76b9719d911017c592',
  );
  await served.jl(['storage', 'copy', 'a.txt', 'b.txt']);
  expect((await served.jl(['storage', 'list', '/'])).stdout.split('\n').toSorted()).toEqual([
    '/',
    'a.txt',
    'b.txt',
  ]);
  await served.jl(['storage', 'delete', 'b.txt']);
  expect(await served.jl(['storage', 'exists', 'b.txt'])).toMatchObject({ exitCode: 1 });
  await served.jl(['storage', 'read-into-path', 'a.txt', file('a')]);
  expect(await readFile(file('a'), 'utf8')).toBe('hello');
});

test('an image that is compressed on the way', async () => {
  await writeFile(file('image.gz'), gzipSync('an image'));
  expect(await served.jl(['flasher', 'flash', file('image.gz'), '--compression', 'gzip'])).toMatchObject({
    exitCode: 0,
  });
  await served.jl(['flasher', 'dump', file('plain')]);
  expect(await readFile(file('plain'), 'utf8')).toBe('an image');
  await served.jl(['flasher', 'dump', file('again.gz'), '--compression', 'gzip']);
  expect(await readFile(file('again.gz'))).toEqual(gzipSync('an image'));
});

test('by TCP: TLS by fingerprint or authority, plain where it is asked for, and the passphrase', async () => {
  const { cert, key, fingerprint } = await selfSigned();
  const listen = { host: '127.0.0.1', port: 0, passphrase: 'sesame' };
  const tls = await served.session.listen({ ...listen, tls: { cert, key } });
  const plain = await served.session.listen({ ...listen, insecure: true });
  const host = `localhost:${tls.port}`;
  const JMP_GRPC_PASSPHRASE = 'sesame';
  await writeFile(file('cert.pem'), cert);
  await writeFile(file('secret'), 'sesame\n');
  const on = ['power', 'on'];
  const runs = await Promise.all([
    runJl(on, { env: { JUMPSTARTER_HOST: host, JMP_GRPC_PASSPHRASE, JUMPLEAD_FINGERPRINT: fingerprint } }),
    runJl(['--host', host, '--fingerprint', fingerprint, '--passphrase-file', file('secret'), ...on]),
    runJl(on, {
      env: {
        JUMPSTARTER_HOST: host,
        JMP_GRPC_PASSPHRASE,
        GRPC_DEFAULT_SSL_ROOTS_FILE_PATH: file('cert.pem'),
      },
    }),
    runJl(on, {
      env: { JUMPSTARTER_HOST: `127.0.0.1:${plain.port}`, JMP_GRPC_PASSPHRASE, JMP_GRPC_INSECURE: '1' },
    }),
    runJl(on, { env: { JUMPSTARTER_HOST: host, JUMPLEAD_FINGERPRINT: fingerprint } }),
    runJl(on, { env: { JUMPSTARTER_HOST: host, JMP_GRPC_PASSPHRASE } }),
  ]);
  expect(runs.map(({ exitCode }) => exitCode)).toEqual([0, 0, 0, 0, 2, 3]);
  expect(runs[4]?.stderr).toContain('invalid or missing passphrase');
  expect(runs.map(({ stderr }) => stderr).join('')).not.toContain('sesame');
});

test('a passphrase file that does not serve, by the rules of `jumplead run`', async () => {
  await writeFile(file('shared'), 'sesame\n', { mode: 0o644 });
  await writeFile(file('lines'), 'two\nlines\n');
  const on = (name: string) => served.jl(['--passphrase-file', file(name), 'power', 'on']);
  const [missing, lines, shared] = await Promise.all([on('none'), on('lines'), on('shared')]);
  expect(missing).toMatchObject({ exitCode: 2, stdout: '' });
  expect(missing.stderr).toMatch(/^--passphrase-file: cannot read .*none: there is no such file$/m);
  expect(lines).toMatchObject({ exitCode: 2 });
  expect(lines.stderr).toMatch(/^--passphrase-file: a passphrase is one line of printable ASCII/);
  expect(shared).toMatchObject({ exitCode: 0 });
  expect(shared.stderr).toBe(`jl: others can read ${file('shared')}; chmod 600 ${file('shared')}`);
});

test('the log of the exporter, from the level on that is asked for, and of what the command itself does', async () => {
  const log = served.session.logOf('system');
  const on = async (...level: string[]) => {
    log.warn('the fan is loud');
    log.info('the fan turns');
    return await served.jl([...level, 'power', 'on']);
  };
  const warnings = await on('--log-level', 'WARNING');
  expect(warnings).toEqual({ exitCode: 0, stdout: '', stderr: '[WARNING] the fan is loud' });
  const all = await on('--log-level', 'debug');
  expect(all.stderr.split('\n').slice(0, 3)).toEqual([
    '[WARNING] the fan is loud',
    '[INFO] the fan turns',
    '[INFO] Operation started',
  ]);
  const wrong = await on('--log-level', 'loud');
  expect(wrong).toMatchObject({ exitCode: 2, stdout: '' });
  expect(wrong.stderr).toContain('Allowed choices are debug, info, warning, error, critical');
});

test('whoever reads may have had enough', async () => {
  const { socket } = served;
  const line = 'set -o pipefail; "$0" "$1" power read -n 0 -i 0 | head -n 1';
  const { stdout, stderr, exitCode } = await execa('bash', ['-c', line, process.execPath, JL], {
    env: { JUMPSTARTER_HOST: socket },
    reject: false,
  });
  expect({ stdout, stderr, exitCode }).toEqual({
    stdout: 'voltage=1.0 V  current=2.0 A  apparent_power=2.0 VA',
    stderr: '',
    exitCode: 141,
  });
});
