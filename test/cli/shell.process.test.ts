import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtempDisposable, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeCert } from '../../src/cli/cert/make-cert.ts';
import { quoteWord } from '../../src/core/index.ts';
import { findLeftFiles, findLeftProcesses, MARK } from '../soak/left.ts';
import { startExporter } from './exporter-process.ts';
import { CLI, runCli } from './run-cli.ts';

let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
let env: Record<string, string>;
const file = (name: string) => join(folder.path, name);

beforeEach(async () => {
  folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-shell-'));
  await mkdir(file('r'));
  env = { XDG_RUNTIME_DIR: file('r'), [MARK]: folder.path };
  await writeFile(
    file('board.yaml'),
    `
metadata: {namespace: lab, name: board-7}
motd: be kind
export:
  power: {type: mock-power}
hooks:
  beforeLease: {script: exit 1, onFailure: exit}
`,
  );
});
afterEach(() => folder.remove());

const local = () => ['shell', '--exporter-config', file('board.yaml')];
/** A command that says `up`, and ends with `code` when it gets that signal. A shell may miss one that comes early. */
const onSignal = (signal: string, code: number) => [
  process.execPath,
  '-e',
  `process.on('${signal}', () => { console.log('got it'); process.exitCode = ${code}; clearInterval(held) });
   const held = setInterval(() => {}, 1e6); console.log('up')`,
];

const left = async () => [
  ...(await findLeftProcesses(folder.path)),
  ...(await findLeftFiles(file('r'), [])),
  ...(await readdir(file('r'))),
];

describe('a command with a device of an exporter file', () => {
  test('finds it, and `jl`; hooks are not run, and nothing is left', async () => {
    const script = 'jl power on && echo "$JUMPSTARTER_HOST $JMP_DRIVERS_ALLOW"';
    const { code, stdout, stderr } = await runCli([...local(), '--', 'sh', '-c', script], { env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^\S+\/socket UNSAFE\n$/);
    expect(await left()).toEqual([]);
  });

  test.for([
    ['its own', ['sh', '-c', 'exit 42'], 42],
    ['that of a signal', ['sh', '-c', 'kill -KILL $$'], 137],
    ['127 where there is no such command', ['no-such-command'], 127],
    ['126 where it is no program', ['FOLDER/board.yaml'], 126],
    ['that of `jl`, which knows whose fault it was', ['jl', 'power', 'explode'], 2],
  ] as const)('ends with an exit code: %s', async ([, command, code]) => {
    const words = command.map((word) => word.replace('FOLDER', folder.path));
    expect(await runCli([...local(), '--', ...words], { env })).toMatchObject({ code, stdout: '' });
  });

  test('shows what the exporter logs, if that is wanted', async () => {
    const command = ['--exporter-logs', '--', 'jl', 'power', 'on'];
    const { stderr } = await runCli([...local(), ...command], { env });
    expect(stderr).toMatch(/info {2}power: power on\n/);
  });

  test('gets the signals that are sent to us; then all is closed', async () => {
    const args = [CLI, ...local(), '--', ...onSignal('SIGTERM', 5)];
    const child = spawn(process.execPath, args, {
      env: { ...process.env, ...env },
      stdio: ['ignore', 'pipe', 'inherit'],
    });
    let text = '';
    child.stdout.setEncoding('utf8').on('data', (more: string) => (text += more));
    while (!text.includes('up')) await once(child.stdout, 'data');
    child.kill('SIGTERM');
    const [code] = await once(child, 'close');
    expect({ code, text }).toEqual({ code: 5, text: 'up\ngot it\n' });
    expect(await left()).toEqual([]);
  });
});

/** Runs `jumplead shell` on a terminal of its own, with that for $SHELL. */
function onTerminal(shell: string, args: readonly string[]) {
  // `script` has its command run by $SHELL: that is the one that is asked for here.
  const child = spawn(
    'script',
    ['-qec', `exec ${[process.execPath, CLI, ...args].map(quoteWord).join(' ')}`, '/dev/null'],
    { env: { ...process.env, ...env, SHELL: shell }, stdio: ['pipe', 'pipe', 'inherit'] },
  );
  let text = '';
  child.stdout.setEncoding('utf8').on('data', (more: string) => (text += more));
  const hears = async (wanted: string) => {
    while (!text.includes(wanted)) await once(child.stdout, 'data');
  };
  const ended = once(child, 'close');
  return { said: () => text, hears, type: (keys: string) => void child.stdin.write(keys), ended };
}

test('a shell has a prompt that names the device, and is told what the exporter has to say', async () => {
  const shell = onTerminal('/bin/bash', local());
  await shell.hears('➤');
  expect(shell.said()).toContain('be kind\r\n');
  expect(shell.said()).toContain('local ');
  shell.type('jl power on && exit 7\n');
  expect(await shell.ended).toEqual([7, null]);
  expect(await left()).toEqual([]);
});

test('Ctrl-C is for the command, once; we end when it does', async () => {
  const shell = onTerminal('/bin/sh', [...local(), '--', ...onSignal('SIGINT', 9)]);
  await shell.hears('up');
  shell.type('\x03');
  expect(await shell.ended).toEqual([9, null]);
  expect(shell.said().match(/got it/g)).toHaveLength(1);
  expect(await left()).toEqual([]);
});

describe('an exporter that listens', () => {
  test('is trusted by its fingerprint alone, and its hooks are heard', async () => {
    const signal = new AbortController().signal;
    const made = await makeCert({ names: ['127.0.0.1'], days: 1 }, folder.path, { force: false, signal });
    await writeFile(file('secret'), 'open sesame\n', { mode: 0o600 });
    await writeFile(
      file('served.yaml'),
      'metadata: {namespace: lab, name: b}\nexport: {power: {type: mock-power}}\nhooks: {beforeLease: {script: echo heard}}\n',
    );
    const args = ['--exporter-config', file('served.yaml'), '--tls-grpc-listener', '127.0.0.1:0'];
    const tls = ['--tls-cert', made.cert, '--tls-key', made.key];
    const secret = ['--passphrase-file', file('secret')];
    await using served = await startExporter([...args, ...tls, ...secret], { env });
    const host = served.variables['JUMPSTARTER_HOST'] ?? '';
    const shell = (fingerprint: string, passphrase: readonly string[], ...command: string[]) => {
      const reach = ['--tls-grpc', host, '--fingerprint', fingerprint, ...passphrase];
      return runCli(['shell', ...reach, '--', ...command], { env });
    };
    const script = 'jl power on && cat "$GRPC_DEFAULT_SSL_ROOTS_FILE_PATH"';
    const good = await shell(made.fingerprint, secret, 'sh', '-c', script);
    expect(good.code).toBe(0);
    expect(good.stdout).toBe(await readFile(made.cert, 'utf8'));
    expect(good.stderr).toContain('exporter before-lease-hook INFO: heard\n');

    const other = await shell('00'.repeat(32), secret, 'true');
    expect(other).toMatchObject({ code: 3, stdout: '' });
    expect(other.stderr).toContain('the SHA-256 fingerprint of its certificate is');
    const stranger = await shell(made.fingerprint, ['--passphrase', 'guess'], 'true');
    expect(stranger.code).toBe(2);
    expect(stranger.stderr).toContain('invalid or missing passphrase');
    expect(stranger.stderr).not.toContain('guess');
    expect(await served.stop('SIGTERM')).toBe(143);
    expect(await left()).toEqual([]);
  });

  test('that is not there is told at once', async () => {
    const { code, stderr } = await runCli([
      'shell',
      '--tls-grpc',
      '127.0.0.1:1',
      '--tls-grpc-insecure',
      '--',
      'true',
    ]);
    expect(code).toBe(3);
    expect(stderr.match(/nothing listens there/g)).toHaveLength(1);
  });
});

test.for([
  [['--lease', 'mine'], '--lease: jumplead does not speak to controllers yet'],
  [['-l', 'board=7'], '--selector: jumplead does not speak to controllers yet'],
  [[], 'no device is named:\n  of an exporter file: --exporter-config FILE'],
  [['--exporter', 'no-such-one'], 'no-such-one'],
  [['--exporter-config', '/no/such/file'], 'there is no such file'],
  [['--exporter', 'a', '--tls-grpc', 'b:1'], 'not both'],
] as const)('%j says what is there instead', async ([args, message]) => {
  const { code, stdout, stderr } = await runCli(['shell', ...args, '--', 'true'], { env });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain(message);
  expect(stderr).not.toContain('    at ');
});
