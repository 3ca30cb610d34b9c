import { once } from 'node:events';
import { mkdir, mkdtempDisposable, readdir, readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { makeCert } from '../../src/cli/cert/make-cert.ts';
import { exploreSession } from '../../src/client/index.ts';
import { runTool } from '../../src/core/index.ts';
import { findLeftFiles, findLeftProcesses, MARK } from '../soak/left.ts';
import { startExporter } from './exporter-process.ts';
import { runCli } from './run-cli.ts';

let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
let env: Record<string, string>;
const file = (name: string) => join(folder.path, name);

beforeEach(async () => {
  folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-run-'));
  await mkdir(file('r'));
  env = { XDG_RUNTIME_DIR: file('r'), XDG_CONFIG_HOME: file('config'), [MARK]: folder.path };
});
afterEach(() => folder.remove());

const EXPORTER = {
  apiVersion: 'jumpstarter.dev/v1alpha1',
  kind: 'ExporterConfig',
  metadata: { namespace: 'lab', name: 'board-7' },
  description: 'the board on the left',
  motd: 'be kind',
  export: {
    power: { type: 'jumpstarter_driver_power.driver.MockPower' },
    echo: { type: 'echo-network' },
  },
};

/** Writes an exporter file, and returns the options that name it. JSON is YAML. */
async function exporter(more: object = {}): Promise<string[]> {
  await writeFile(file('board.yaml'), JSON.stringify({ ...EXPORTER, ...more }));
  return ['--exporter-config', file('board.yaml')];
}

const left = async () => [
  ...(await findLeftProcesses(folder.path)),
  ...(await findLeftFiles(file('r'), [])),
  ...(await readdir(file('r'))),
];

describe('without a listener', () => {
  test('it serves a private socket, says where, and leaves nothing', async () => {
    const hooks = {
      beforeLease: { script: 'jl power on && echo "$LEASE_NAME <$CLIENT_NAME>"; echo hi > $JMP_MOTD_FILE' },
      afterLease: { script: 'echo cleaned' },
    };
    await using served = await startExporter(await exporter({ hooks }), { env });
    expect(served.said()).toContain(`exporter board-7, ${file('board.yaml')}: power, echo\n`);
    expect(served.said()).toMatch(/info {2}before-lease-hook: standalone <>\n/);
    {
      await using explored = await exploreSession(served.variables['JUMPSTARTER_HOST'] ?? '');
      const { report } = explored.session;
      expect(report.motd).toBe('be kind\nhi');
      expect(report.labels['jumpstarter.dev/name']).toBe('board-7');
      expect(explored.root.description).toBe('the board on the left');
      expect([...explored.root.children.keys()]).toEqual(['power', 'echo']);
      await explored.root.children.get('power')?.call('off');
      expect(await explored.session.endSession()).toBe(false);
      expect((await explored.session.status()).state).toBe('LEASE_READY');
    }
    expect(await served.stop('SIGINT')).toBe(130);
    expect(served.said()).toContain('SIGINT: cleaning up; once more to insist');
    expect(served.said()).toMatch(/info {2}after-lease-hook: cleaned\n/);
    expect(served.said()).toContain('interrupted; everything was cleaned up');
    expect(await left()).toEqual([]);
  });

  test('the second signal insists, and no hook outlives it', async () => {
    const script = `exec 3> ${file('lock')}; flock 3; echo stuck; while :; do sleep 1000; done`;
    const hooks = { afterLease: { script } };
    await using served = await startExporter(await exporter({ hooks }), { env });
    served.child.kill('SIGTERM');
    await served.hears('after-lease-hook: stuck');
    expect(await served.stop('SIGTERM')).toBe(143);
    // Had when nobody is left to hold it.
    await runTool('flock', [file('lock'), 'true']);
  });

  test('with an endpoint it says what is not there yet', async () => {
    const { code, stdout, stderr } = await runCli([
      'run',
      ...(await exporter({ endpoint: 'lab:443', token: 't0k' })),
    ]);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toContain(
      'cannot register with the controller at lab:443: jumplead does not speak to controllers yet',
    );
    expect(stderr).toContain('add --tls-grpc-listener [HOST:]PORT');
    expect(stderr).not.toContain('t0k');
  });

  test('an alias is a file of the user', async () => {
    await mkdir(file('config/jumpstarter/exporters'), { recursive: true });
    await writeFile(file('config/jumpstarter/exporters/seven.yaml'), JSON.stringify(EXPORTER));
    await using served = await startExporter(['--exporter', 'seven', '--exit-on-lease-end'], { env });
    expect(served.said()).toContain('seven.yaml: power, echo');
    expect(served.said()).toContain('note: exitOnLeaseEnd has no meaning without a controller');
    expect(await served.stop('SIGTERM')).toBe(143);
  });

  test('a file with a mistake is not served', async () => {
    const power = { type: 'mock-powr' };
    const { code, stderr } = await runCli(['run', ...(await exporter({ export: { power } }))]);
    expect(code).toBe(2);
    expect(stderr).toContain('mock-power');
    expect(stderr).not.toContain('    at ');
  });
});

describe('with a listener', () => {
  test('by TLS, clients show the passphrase and pin the certificate; hooks need neither', async () => {
    const signal = new AbortController().signal;
    const made = await makeCert({ names: ['localhost'], days: 1 }, folder.path, { force: false, signal });
    await writeFile(file('secret'), 'open sesame\n', { mode: 0o600 });
    const hooks = { beforeLease: { script: 'jl power on', onFailure: 'exit' } };
    const tls = ['--tls-cert', made.cert, '--tls-key', made.key, '--passphrase-file', file('secret')];
    const args = [
      ...(await exporter({ hooks, endpoint: 'lab:443' })),
      '--tls-grpc-listener',
      '127.0.0.1:0',
      ...tls,
    ];
    await using served = await startExporter(args, { env });
    expect(served.said()).toMatch(/listening on 127\.0\.0\.1:\d+: TLS, with a passphrase\n/);
    expect(served.said()).toContain(`fingerprint ${made.fingerprint}\n`);
    const host = served.variables['JUMPSTARTER_HOST'] ?? '';
    const { fingerprint } = made;
    {
      await using explored = await exploreSession(host, { fingerprint, passphrase: 'open sesame' });
      await explored.root.children.get('power')?.call('off');
    }
    for (const passphrase of [undefined, 'wrong'])
      await expect(exploreSession(host, { fingerprint, passphrase })).rejects.toMatchObject({ code: 'auth' });
    await served.hears('authentication failed: invalid or missing passphrase for method');
    await expect(exploreSession(host, { insecure: true })).rejects.toMatchObject({ code: 'unreachable' });
    expect(served.said()).not.toContain('open sesame');
    expect(await readFile(`/proc/${served.child.pid}/cmdline`, 'utf8')).not.toContain('open sesame');
    expect(await served.stop('SIGINT')).toBe(130);
  });

  test('without TLS on this host; the passphrase of the environment is not handed on', async () => {
    const hooks = { beforeLease: { script: 'echo "<$JMP_GRPC_PASSPHRASE>"' } };
    const args = [
      ...(await exporter({ hooks })),
      '--tls-grpc-listener',
      '127.0.0.1:0',
      '--tls-grpc-insecure',
    ];
    await using served = await startExporter(args, { env: { ...env, JMP_GRPC_PASSPHRASE: 'sesame' } });
    expect(served.said()).toContain('before-lease-hook: <>\n');
    expect(served.variables['JMP_GRPC_INSECURE']).toBe('1');
    const host = served.variables['JUMPSTARTER_HOST'] ?? '';
    await using explored = await exploreSession(host, { insecure: true, passphrase: 'sesame' });
    await expect(exploreSession(host, { insecure: true })).rejects.toMatchObject({ code: 'auth' });
    expect(explored.root.children.size).toBe(2);
  });

  test('on a port that is in use it ends before any hook', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const hooks = { beforeLease: { script: `touch ${file('ran')}` } };
    const args = [
      ...(await exporter({ hooks })),
      '--tls-grpc-listener',
      `127.0.0.1:${port}`,
      '--tls-grpc-insecure',
    ];
    const { code, stderr } = await runCli(['run', ...args], { env });
    server.close();
    expect(code).toBe(3);
    expect(stderr).toContain(
      `cannot listen on 127.0.0.1:${port}: another program listens there already (listen EADDRINUSE`,
    );
    expect(await readdir(folder.path)).not.toContain('ran');
    expect(await left()).toEqual([]);
  });

  test('with failureDetection it is tried again, until the port is free', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    const port = typeof address === 'object' ? address?.port : 0;
    const named = await exporter({ failureDetection: { maxRapidFailures: 1000 } });
    const args = [...named, '--tls-grpc-listener', `127.0.0.1:${port}`, '--tls-grpc-insecure'];
    const until = '(failureDetection: 1 of 1000 in a row); trying again\n';
    await using served = await startExporter(args, { env, until });
    server.close();
    await served.hears(`listening on 127.0.0.1:${port}: no TLS`);
    await served.hears('ready\n');
    expect(served.said()).toContain('another program listens there already');
  });

  test('how much is logged may also be said before the command, in the words of Python', async () => {
    const hooks = { beforeLease: { script: 'echo hello; exit 1', onFailure: 'exit' } };
    const args = ['run', ...(await exporter({ hooks }))];
    const [quiet, json, loud, wrong] = await Promise.all([
      runCli(['--log-level', 'ERROR', ...args], { env }),
      runCli(['--log-format', 'json', '--log-level', 'DEBUG', ...args, '--log-level', 'INFO'], { env }),
      runCli(['--log-format', 'auto', ...args], { env }),
      runCli(['--log-level', 'LOUD', ...args], { env }),
    ]);
    expect(quiet.stderr).not.toContain('hello');
    expect(quiet.stderr).toMatch(/error before-lease-hook: Hook failed with exit code 1/);
    expect(json.stderr).toContain('"msg":"hello"');
    expect(json.stderr).not.toContain('"level":20');
    expect(loud.stderr).toMatch(/info {2}before-lease-hook: hello/);
    expect([quiet, json, loud, wrong].map(({ code }) => code)).toEqual([1, 1, 1, 2]);
  });

  test('open to strangers it is refused, and nothing is opened', async () => {
    const args = [...(await exporter()), '--tls-grpc-listener', '0', '--tls-grpc-insecure'];
    const { code, stderr } = await runCli(['run', ...args], { env });
    expect(code).toBe(2);
    expect(stderr).toContain('0.0.0.0 can be reached from other hosts');
    expect(stderr).not.toContain('exporter board-7');
  });
});

describe('a hook before the lease that fails', () => {
  const failing = (onFailure: string) => ({
    beforeLease: { script: 'exit 4', onFailure },
    afterLease: { script: 'echo AFTER' },
  });

  test('onFailure: exit ends the exporter with code 1', async () => {
    const { code, stdout, stderr } = await runCli(['run', ...(await exporter({ hooks: failing('exit') }))], {
      env,
    });
    expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
    expect(stderr).toContain('before-lease-hook: Hook failed with exit code 4 (onFailure: exit)');
    expect(stderr).not.toContain('AFTER');
    expect(await left()).toEqual([]);
  });

  test('onFailure: endLease keeps it there, for whoever wants to know why', async () => {
    const until = 'no calls are served; Ctrl-C ends the exporter\n';
    const listener = ['--tls-grpc-listener', '127.0.0.1:0', '--tls-grpc-insecure'];
    const args = [...(await exporter({ hooks: failing('endLease') })), ...listener];
    await using served = await startExporter(args, { env, until });
    const host = /listening on (\S+):/.exec(served.said())?.[1] ?? '';
    const shell = await runCli(['shell', '--tls-grpc', host, '--tls-grpc-insecure', '--', 'true'], { env });
    expect(shell.code).toBe(2);
    expect(shell.stderr).toContain(
      `${host} serves no calls, its status is BEFORE_LEASE_HOOK_FAILED: beforeLease hook failed (on_failure=endLease): Hook failed with exit code 4`,
    );
    expect(await served.stop('SIGTERM')).toBe(143);
    expect(served.said()).not.toContain('AFTER');
  });

  test('onFailure: warn says so to the clients', async () => {
    const listener = ['--tls-grpc-listener', '127.0.0.1:0', '--tls-grpc-insecure'];
    const args = [...(await exporter({ hooks: failing('warn') })), ...listener];
    await using served = await startExporter(args, { env });
    const host = served.variables['JUMPSTARTER_HOST'] ?? '';
    const shell = await runCli(['shell', '--tls-grpc', host, '--tls-grpc-insecure', '--', 'true'], { env });
    expect(shell.code).toBe(0);
    expect(shell.stderr).toContain('note: beforeLease hook warning: Hook failed with exit code 4\n');
    expect(await served.stop('SIGTERM')).toBe(143);
    expect(served.said()).toContain('after-lease-hook: AFTER');
  });

  test('and one whose exporter is killed dies with all that it has started', async () => {
    await runTool('mkfifo', [file('held')]);
    const script = `exec 3> ${file('held')}; echo begun; sleep 1000`;
    const held = readFile(file('held'));
    await using served = await startExporter(await exporter({ hooks: { beforeLease: { script } } }), {
      env,
      until: 'begun',
    });
    expect(await served.stop('SIGKILL')).toBeNull();
    // It ends when nobody has it open any more.
    expect(await held).toHaveLength(0);
  });

  test('and one that is given up by Ctrl-C is followed by the hook after the lease', async () => {
    const hooks = {
      beforeLease: { script: 'echo begun; exec sleep 1000' },
      afterLease: { script: 'echo AFTER' },
    };
    await using served = await startExporter(await exporter({ hooks }), { env, until: 'begun' });
    expect(await served.stop('SIGINT')).toBe(130);
    expect(served.said()).toContain('after-lease-hook: AFTER');
    expect(await left()).toEqual([]);
  });
});

test('the log is lines for people, or JSON', async () => {
  const hooks = { beforeLease: { script: 'echo hello' } };
  const args = [...(await exporter({ hooks })), '--log-format', 'json', '--log-level', 'debug'];
  await using served = await startExporter(args, { env });
  const lines = served
    .said()
    .split('\n')
    .filter((line) => line.startsWith('{'));
  expect(lines.map((line) => JSON.parse(line))).toContainEqual(
    expect.objectContaining({ level: 30, origin: 'before-lease-hook', msg: 'hello' }),
  );
});
