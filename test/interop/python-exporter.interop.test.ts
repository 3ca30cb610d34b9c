import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { gzipSync } from 'node:zlib';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import {
  type Connected,
  connect,
  defineRig,
  type Explored,
  exploreSession,
  sessionOf,
} from '../../src/client/index.ts';
import {
  type ByteWriter,
  Flasher,
  type Interface,
  MeteredPower,
  Network,
  type Source,
  StorageMux,
  TcpNetwork,
  Vnc,
} from '../../src/interfaces/index.ts';
import { closedPort } from './closed-port.ts';
import { fileDigest, writeImage } from './images.ts';
import { openPythonEnv } from './python-env.ts';

const rig = defineRig({
  power: MeteredPower,
  alias: MeteredPower,
  echo: Network,
  nobody: TcpNetwork,
  hidden: TcpNetwork,
  flasher: Flasher,
  mux: StorageMux,
  inner: defineRig({ power: MeteredPower }),
  vnc: defineRig(Vnc, { tcp: Network }),
});

const stack = new AsyncDisposableStack();
let folder: string;
let socket: string;
let tree: Connected<typeof rig>;
let explored: Explored;

beforeAll(async () => {
  const python = await openPythonEnv();
  folder = await mkdtemp(join(tmpdir(), 'jumplead-interop-'));
  stack.defer(() => rm(folder, { recursive: true }));
  const args = [python.script('exporter_row.py'), String(await closedPort())];
  const exporter = execa(python.program('python'), args, {
    stderr: { file: join(folder, 'exporter.log') },
    buffer: false,
  });
  stack.defer(async () => {
    exporter.stdin.end();
    await exporter;
  });
  for await (const line of createInterface({ input: exporter.stdout })) {
    socket = line;
    break;
  }
  tree = stack.use(await connect(socket, rig));
  explored = stack.use(await exploreSession(socket));
});

afterAll(() => stack.disposeAsync());

/** The raw calls of a node. */
function calls<I extends Interface>(path: string, contract: I) {
  const node = sessionOf(tree).node(path, contract);
  if (!node) throw new Error(`there is no ${path}`);
  return node.calls;
}

/** The error with which a promise rejects, as far as a user sees it. */
async function failure(promise: Promise<unknown>) {
  const error = await promise.then(
    () => expect.unreachable('it succeeded'),
    (reason: unknown) => reason,
  );
  const { code, fault, operation, message } = error as Record<string, unknown>;
  return { code, fault, operation, message };
}

function fileSource(path: string): Source {
  return { kind: 'stream', chunks: createReadStream(path, { highWaterMark: 65_536 }) };
}

function fileWriter(path: string): ByteWriter {
  const file = createWriteStream(path);
  return {
    write: (chunk) =>
      new Promise((resolve, reject) => file.write(chunk, (error) => (error ? reject(error) : resolve()))),
    close: () => new Promise((resolve) => file.end(resolve)),
    abort: async () => void file.destroy(),
  };
}

describe('a stock Python exporter', () => {
  test('is a tree of handles', async () => {
    await tree.power.on();
    await tree.inner.power.off();
    const readings = [];
    for await (const reading of tree.power.read()) readings.push(reading);
    expect(readings).toEqual([
      { voltage: 0, current: 0 },
      { voltage: 5, current: 2 },
    ]);
  });

  test('names a driver twice', async () => {
    await tree.alias.on();
    expect(explored.root.children.get('alias')?.pythonClient).toBe(
      'jumpstarter_driver_power.client.PowerClient',
    );
  });

  test('says what it has when the rig is another', async () => {
    const wrong = defineRig({ power: Flasher, console: Network });
    await expect(connect(socket, wrong)).rejects.toThrow(
      /power: expected flasher.v1, found jumpstarter_driver_power.client.PowerClient\n {2}console: expected network.v1, found nothing/,
    );
  });

  test('gives back values as they were', async () => {
    const troubles = explored.root.children.get('inner')?.children.get('troubles');
    expect(troubles?.interface).toBeUndefined();
    const value = { int: 1, float: 1.5, text: 'grüße', list: [true, null], deep: { a: {} } };
    expect(await troubles?.call('reflect', [value])).toEqual(value);
    const items = [];
    for await (const item of troubles?.stream('count', [3]) ?? []) items.push(item);
    expect(items).toEqual([0, 1, 2]);
  });

  test('echoes bytes, and half-closes', async () => {
    await using channel = await calls('echo', Network).connect();
    await channel.write(Buffer.from('hello'));
    const sent = Buffer.alloc(200_000, 'x');
    await channel.write(sent);
    await channel.end();
    const received: Uint8Array[] = [];
    for await (const chunk of channel) received.push(chunk);
    expect(Buffer.concat(received)).toEqual(Buffer.concat([Buffer.from('hello'), sent]));
  });

  test('is flashed with 256 MiB and gives them back', async () => {
    const image = join(folder, 'image');
    const dumped = join(folder, 'dumped');
    await writeImage(image, 256);
    const flasher = calls('flasher', Flasher);
    await flasher.flash(fileSource(image));
    await flasher.dump({ kind: 'stream', writer: fileWriter(dumped) });
    expect(await fileDigest(dumped)).toBe(await fileDigest(image));
  });

  test('takes an image that is compressed on the way', async () => {
    const packed = join(folder, 'small.gz');
    const plain = join(folder, 'small');
    await writeFile(packed, gzipSync('what is in it'));
    const mux = calls('mux', StorageMux);
    await mux.write({ ...fileSource(packed), contentEncoding: 'gzip' } as Source);
    await mux.read({ kind: 'stream', writer: fileWriter(plain) });
    expect(await readFile(plain, 'utf8')).toBe('what is in it');
  });

  test('tells its status and its log', async () => {
    const session = sessionOf(tree);
    expect(await session.status()).toEqual({
      state: 'LEASE_READY',
      message: '',
      version: 1,
      previous: 'AVAILABLE',
    });
    expect(await session.endSession()).toBe(false);
    for await (const entry of session.logs()) {
      expect(entry).toMatchObject({ severity: 'INFO', origin: 'driver' });
      break;
    }
  });
});

describe('an error of a stock Python exporter is one of ours', () => {
  const troubles = () => {
    const node = explored.root.children.get('inner')?.children.get('troubles');
    if (!node) throw new Error('there is no inner.troubles');
    return node;
  };

  test('an unusable argument', async () => {
    expect(await failure(troubles().call('parse', ['x']))).toMatchInlineSnapshot(`
      {
        "code": "config",
        "fault": "caller",
        "message": "inner.troubles.parse: invalid literal for int() with base 10: 'x'",
        "operation": "inner.troubles.parse",
      }
    `);
  });
  test('an address that is not told', async () => {
    expect(await failure(calls('hidden', TcpNetwork).address())).toMatchInlineSnapshot(`
      {
        "code": "config",
        "fault": "caller",
        "message": "hidden.address: enable_address mode is not true in the exporter configuration",
        "operation": "hidden.address",
      }
    `);
  });
  test('what the board cannot do', async () => {
    expect(await failure(troubles().call('refuse'))).toMatchInlineSnapshot(`
      {
        "code": "unsupported",
        "fault": "caller",
        "message": "inner.troubles.refuse: this board cannot do that",
        "operation": "inner.troubles.refuse",
      }
    `);
  });
  test('a method that is not there', async () => {
    expect(await failure(troubles().call('fly'))).toMatchInlineSnapshot(`
      {
        "code": "unsupported",
        "fault": "caller",
        "message": "inner.troubles.fly: method fly not found on driver",
        "operation": "inner.troubles.fly",
      }
    `);
    expect(await failure(troubles().call('count', [1]))).toMatchInlineSnapshot(`
      {
        "code": "unsupported",
        "fault": "caller",
        "message": "inner.troubles.count: method count missing marker marker_drivercall",
        "operation": "inner.troubles.count",
      }
    `);
  });
  test('a deadline of its own', async () => {
    expect(await failure(troubles().call('wait'))).toMatchInlineSnapshot(`
      {
        "code": "deadline",
        "fault": "device",
        "message": "inner.troubles.wait: (no details)",
        "operation": "inner.troubles.wait",
      }
    `);
  });
  test('a file that is not there', async () => {
    expect(await failure(troubles().call('open', ['/no/such/file']))).toMatchInlineSnapshot(`
      {
        "code": "device",
        "fault": "device",
        "message": "inner.troubles.open: [Errno 2] No such file or directory: '/no/such/file'",
        "operation": "inner.troubles.open",
      }
    `);
    const sink = { kind: 'stream', writer: fileWriter(join(folder, 'nothing')) } as const;
    const { code } = await failure(calls('flasher', Flasher).dump(sink, 'nowhere'));
    expect(code).toBe('device');
  });
  test('a connection that nobody takes', async () => {
    const { code } = await failure(calls('nobody', TcpNetwork).connect());
    expect(code).toBe('unreachable');
  });
  test('a source that breaks is not taken for a short one', async () => {
    const broken = async function* () {
      yield Buffer.from('only the beginning');
      throw new Error('the disk went away');
    };
    const flasher = calls('flasher', Flasher);
    await expect(flasher.flash({ kind: 'stream', chunks: broken() }, 'broken')).rejects.toThrow(
      'the disk went away',
    );
  });
});
