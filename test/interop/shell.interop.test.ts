import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { makeCert } from '../../src/cli/cert/make-cert.ts';
import { startExporter } from '../cli/exporter-process.ts';
import { runCli } from '../cli/run-cli.ts';
import { openPythonEnv, type PythonEnv } from './python-env.ts';

let python: PythonEnv;
let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
const file = (name: string) => join(folder.path, name);

/** As a lab has it for its Python exporter, with hooks that use the Python command. */
const EXPORTER = `
apiVersion: jumpstarter.dev/v1alpha1
kind: ExporterConfig
metadata:
  namespace: default
  name: board-7
export:
  power:
    type: jumpstarter_driver_power.driver.MockPower
  echo:
    type: jumpstarter_driver_network.driver.EchoNetwork
hooks:
  beforeLease:
    script: j power on
    onFailure: exit
`;

beforeAll(async () => {
  python = await openPythonEnv();
  folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-shell-'));
  await writeFile(file('board.yaml'), EXPORTER);
});
afterAll(() => folder.remove());

/** A user's environment, with his virtual one activated. */
const env = () => ({ PATH: `${dirname(python.program('python'))}${delimiter}${process.env['PATH']}` });
const tests = () => ['pytest', '-q', '-p', 'no:cacheprovider', python.script('unchanged')];
const local = () => ['shell', '--exporter-config', file('board.yaml'), '--'];

describe('jumplead shell with an exporter file of Jumpstarter', () => {
  test('runs Python tests unchanged', async () => {
    const { code, stdout } = await runCli([...local(), ...tests()], { env: env() });
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('4 passed, 1 skipped') });
  });

  test('passes on that a test has failed', async () => {
    const args = [...local(), ...tests(), '-k', 'failure'];
    const { code, stdout } = await runCli(args, { env: { ...env(), FAIL: '1' } });
    expect(code).toBe(1);
    expect(stdout).toContain('DriverMethodNotImplemented');
    expect(stdout).toContain('1 failed');
  });
});

describe('jumplead run with an exporter file of Jumpstarter', () => {
  test('runs its hooks, which use `j`, and serves `jmp shell` without TLS', async () => {
    const listener = ['--tls-grpc-listener', '127.0.0.1:0', '--tls-grpc-insecure'];
    const args = ['--exporter-config', file('board.yaml'), ...listener];
    await using served = await startExporter(args, { env: { ...env(), JMP_GRPC_PASSPHRASE: 'open sesame' } });
    expect(served.said()).toContain('power: power on');
    const host = served.variables['JUMPSTARTER_HOST'] ?? '';
    const { execa } = await import('execa');
    const shell = (passphrase: string) =>
      execa(
        python.program('jmp'),
        [
          'shell',
          '--tls-grpc',
          host,
          '--tls-grpc-insecure',
          '--passphrase',
          passphrase,
          '--',
          'j',
          'power',
          'off',
        ],
        { env: env(), reject: false, all: true },
      );
    expect(await shell('open sesame')).toMatchObject({ exitCode: 0 });
    expect((await shell('wrong')).all).toContain('invalid or missing passphrase');
    expect(await served.stop('SIGINT')).toBe(130);
  });

  test('by TLS, `jumplead shell` pins the certificate for `jl` and for Python', async () => {
    const signal = new AbortController().signal;
    const made = await makeCert({ names: ['127.0.0.1'], days: 1 }, file('tls'), { force: false, signal });
    const tls = ['--tls-cert', made.cert, '--tls-key', made.key];
    const listener = ['--tls-grpc-listener', '127.0.0.1:0', ...tls];
    const secret = { JMP_GRPC_PASSPHRASE: 'open sesame' };
    await using served = await startExporter(['--exporter-config', file('board.yaml'), ...listener], {
      env: { ...env(), ...secret },
    });
    const host = served.variables['JUMPSTARTER_HOST'] ?? '';
    const reach = ['--tls-grpc', host, '--fingerprint', made.fingerprint];
    const args = ['shell', ...reach, '--', ...tests(), '-k', 'power or command'];
    const { code, stdout } = await runCli(args, { env: { ...env(), ...secret } });
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining('3 passed') });
    expect(await served.stop('SIGINT')).toBe(130);
  });
});
