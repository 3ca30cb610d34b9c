import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { execa } from 'execa';
import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { connect } from '../../src/client/index.ts';
import { runTool } from '../../src/core/index.ts';
import { type ExporterSession, openSession } from '../../src/exporter/index.ts';
import { closedPort } from './closed-port.ts';
import { fileDigest, writeImage } from './images.ts';
import { openPythonEnv, type PythonEnv } from './python-env.ts';
import { servedTree } from './served-tree.ts';

/** What came of one step of a Python script. */
interface Outcome {
  readonly value?: unknown;
  readonly error?: string;
  readonly text?: string;
}

const stack = new AsyncDisposableStack();
let python: PythonEnv;
let session: ExporterSession;
let folder: string;
let digest: string;
let results: Readonly<Record<string, Outcome>>;

const SMALL = 'what is in the small image\n';

async function writeSmallImages(): Promise<void> {
  const plain = join(folder, 'small');
  await writeFile(plain, SMALL);
  await writeFile(join(folder, 'small.gzip'), gzipSync(SMALL));
  await writeFile(join(folder, 'small.zstd'), zstdCompressSync(SMALL));
  await runTool('xz', ['-k', plain]);
  await runTool('bzip2', ['-k', plain]);
}

/** What stock clients need to find a session of ours. */
const environment = () => ({ JUMPSTARTER_HOST: session.socket, JMP_DRIVERS_ALLOW: 'UNSAFE' });

/** Somebody else is at the device that the script finds occupied. */
async function occupy(tree: ReturnType<typeof servedTree>): Promise<void> {
  const other = stack.use(await connect(session.socket, tree));
  const stall = tree.children.occupied.device.stall('on');
  const held = other.occupied.on();
  await stall.reached;
  stack.defer(async () => {
    stall.release();
    await held;
  });
}

beforeAll(async () => {
  python = await openPythonEnv();
  folder = await mkdtemp(join(tmpdir(), 'jumplead-interop-'));
  stack.defer(() => rm(folder, { recursive: true }));
  await writeSmallImages();
  await writeImage(join(folder, 'image'), 256);
  digest = await fileDigest(join(folder, 'image'));

  const tree = servedTree(await closedPort());
  session = stack.use(await openSession(tree, { log: pino({ level: 'silent' }) }));
  tree.children.meter.device.unplug();
  await occupy(tree);
  const files = ['image', 'dumped', 'answers'].map((name) => join(folder, name));
  const args = [python.script('client_row.py'), ...files];
  await runTool(python.program('python'), args, { env: environment() });
  results = JSON.parse(await readFile(join(folder, 'answers'), 'utf8'));
});

afterAll(() => stack.disposeAsync());

describe('the stock Python client', () => {
  test('finds its class for each node', () => {
    expect(results['tree']?.value).toEqual({
      power: 'PowerClient',
      meter: 'PowerClient',
      occupied: 'PowerClient',
      mirror: 'CompositeClient',
      echo: 'NetworkClient',
      counter: 'NetworkClient',
      nobody: 'NetworkClient',
      flasher: 'FlasherClient',
      machine: 'QemuClient',
      troubles: 'CompositeClient',
    });
  });

  test('calls, streams and gets back what it sent', () => {
    expect(results['on']).toEqual({ value: null });
    expect(results['read']?.value).toEqual([
      { voltage: 0, current: 0 },
      { voltage: 5, current: 2 },
    ]);
    expect(results['values']?.value).toEqual({
      int: 1,
      float: 1.5,
      text: 'grüße',
      list: [true, null],
      deep: { a: {} },
    });
  });

  test('echoes bytes, and half-closes', () => {
    expect(results['echo']?.value).toEqual(['hello', 200_000]);
    expect(results['half_close']?.value).toBe('10000 bytes');
  });

  test('flashes and dumps 256 MiB', async () => {
    expect(results['flash']?.value).toBe(digest);
    expect(results['dump']?.value).toBe(digest);
  });

  test.for(['gzip', 'xz', 'bz2', 'zstd'])('sends an image as %s', (encoding) => {
    expect(results[`flash_${encoding}`]).toEqual({ value: SMALL });
  });

  test('gets an image as gzip, whole', () => {
    expect(results['dump_gzip']).toEqual({ value: SMALL });
  });

  test('knows the status of the session', () => {
    expect(results['status']?.value).toBe('LEASE_READY');
    expect(results['end_session']?.value).toBe(false);
  });
});

describe('an error reaches the stock Python client as what it expects', () => {
  test('config', () => {
    expect(results['config']).toMatchInlineSnapshot(`
      {
        "error": "DriverInvalidArgument",
        "text": "DriverCall 'on' failed with gRPC INVALID_ARGUMENT: power.on takes no arguments, got 2",
      }
    `);
  });
  test('unsupported', () => {
    expect(results['unsupported']).toMatchInlineSnapshot(`
      {
        "error": "DriverMethodNotImplemented",
        "text": "DriverCall 'rescue' failed with gRPC NOT_FOUND: method rescue not found on driver",
      }
    `);
    expect(results['wrong_kind']).toMatchInlineSnapshot(`
      {
        "error": "DriverMethodNotImplemented",
        "text": "DriverCall 'read' failed with gRPC NOT_FOUND: method read missing marker marker_drivercall",
      }
    `);
  });
  test('not-found', () => {
    expect(results['not_found']).toMatchInlineSnapshot(`
      {
        "error": "DriverMethodNotImplemented",
        "text": "DriverCall 'dump' failed with gRPC NOT_FOUND: no image in nowhere: only root, gzip, xz, bz2, zstd was flashed",
      }
    `);
  });
  test('image', () => {
    expect(results['image']).toMatchInlineSnapshot(`
      {
        "error": "DriverInvalidArgument",
        "text": "DriverCall 'flash' failed with gRPC INVALID_ARGUMENT: cannot decompress gzip: incorrect header check",
      }
    `);
  });
  test('state', () => {
    expect(results['state']).toMatchInlineSnapshot(`
      {
        "error": "DriverError",
        "text": "DriverCall 'flash' failed with gRPC ABORTED: the machine is running; it can be flashed only while it is off",
      }
    `);
  });
  test('busy', () => {
    expect(results['busy']?.error).toBe('DriverError');
    expect(results['busy']?.text).toMatch(
      /^DriverCall 'on' failed with gRPC RESOURCE_EXHAUSTED: power.on: .* is at power.on since /,
    );
  });
  test('device', () => {
    expect(results['device']).toMatchInlineSnapshot(`
      {
        "error": "DriverError",
        "text": "DriverCall 'on' failed with gRPC ABORTED: fake-power: the device is gone",
      }
    `);
    expect(results['stream_failed']).toMatchInlineSnapshot(`
      {
        "error": "DriverError",
        "text": "fake-power: the device is gone",
      }
    `);
  });
  test('capacity', () => {
    expect(results['allocate']).toEqual({
      error: 'DriverError',
      text: expect.stringMatching(
        /RESOURCE_EXHAUSTED: .*no room for the guest's memory of 4096 TiB: .* has /,
      ),
    });
  });
  test('launch', () => {
    expect(results['launch']).toMatchInlineSnapshot(`
      {
        "error": "DriverError",
        "text": "DriverCall 'launch' failed with gRPC INTERNAL: no-such-program-anywhere is not installed",
      }
    `);
  });
  test('deadline', () => {
    expect(results['wait']).toMatchInlineSnapshot(`
      {
        "error": "DriverError",
        "text": "DriverCall 'wait' failed with gRPC DEADLINE_EXCEEDED: wait: gave up after 0.00 s, still waiting for the impossible",
      }
    `);
  });
  test('expect', () => {
    expect(results['expect']).toEqual({
      error: 'DriverError',
      text: expect.stringMatching(/ABORTED: .*login:.*Kernel panic/s),
    });
  });
  test('protocol', () => {
    expect(results['misunderstand']).toMatchInlineSnapshot(`
      {
        "error": "DriverError",
        "text": "DriverCall 'misunderstand' failed with gRPC INTERNAL: it said blah",
      }
    `);
  });
  test('unreachable', () => {
    expect(results['reach']).toMatchInlineSnapshot(`
      {
        "error": "DriverError",
        "text": "DriverCall 'reach' failed with gRPC UNAVAILABLE: the closed port: cannot connect (ECONNREFUSED)",
      }
    `);
    expect(results['stream_refused']?.error).toBe('BrokenResourceError');
  });
  test('internal: a number, and nothing of the inside', () => {
    expect(results['crash']?.error).toBe('DriverError');
    expect(results['crash']?.text).toMatch(
      /^DriverCall 'crash' failed with gRPC UNKNOWN: internal error, incident [0-9a-f]{4}$/,
    );
  });
  test('auth', async () => {
    const passphrase = 'open sesame';
    const { host, port } = await session.listen({ host: '127.0.0.1', port: 0, insecure: true, passphrase });
    const env = { ...environment(), JUMPSTARTER_HOST: `${host}:${port}`, JMP_GRPC_INSECURE: '1' };
    const { stdout } = await runTool(python.program('python'), [python.script('auth_row.py'), passphrase], {
      env,
    });
    expect(JSON.parse(stdout)).toMatchInlineSnapshot(`
      {
        "none": "UNAUTHENTICATED: invalid or missing passphrase",
        "right": null,
        "wrong": "UNAUTHENTICATED: invalid or missing passphrase",
      }
    `);
  });
});

describe('the command j', () => {
  const j = (...args: string[]) =>
    execa(python.program('j'), args, { env: environment(), reject: false, all: true });

  test('lists the tree', async () => {
    const { stdout, exitCode } = await j('--help');
    expect(exitCode).toBe(0);
    for (const name of ['power', 'echo', 'flasher', 'machine']) expect(stdout).toContain(name);
  });

  test('switches and reads', async () => {
    expect((await j('power', 'on')).exitCode).toBe(0);
    const { stdout, exitCode } = await j('power', 'read', '--count', '2', '--interval', '0.1');
    expect({ stdout, exitCode }).toMatchInlineSnapshot(`
      {
        "exitCode": 0,
        "stdout": "voltage=0.0 V  current=0.0 A  apparent_power=0.0 VA
      voltage=5.0 V  current=2.0 A  apparent_power=10.0 VA
      voltage=0.0 V  current=0.0 A  apparent_power=0.0 VA
      voltage=5.0 V  current=2.0 A  apparent_power=10.0 VA",
      }
    `);
  });

  test('flashes and dumps', async () => {
    const dumped = join(folder, 'dumped-by-j');
    expect((await j('flasher', 'flash', join(folder, 'image'))).exitCode).toBe(0);
    expect((await j('flasher', 'dump', dumped)).exitCode).toBe(0);
    expect(await fileDigest(dumped)).toBe(digest);
  });

  test('says what went wrong', async () => {
    const { all, exitCode } = await j('meter', 'on');
    expect(exitCode).toBe(1);
    expect(all).toContain('fake-power: the device is gone');
  });
});
