import { once } from 'node:events';
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { ExporterService } from '../../src/rpc/gen/jumpstarter/v1/jumpstarter_pb.ts';
import { type Channel, createChannel, type Frame } from '../../src/rpc/grpc/index.ts';
import { aborted, data, drain, serve } from './grpc-fixture.ts';

const FRAME = data(Buffer.alloc(65_536));
const MIB = 2 ** 20;
const ECHO_SERVER = fileURLToPath(new URL('../fixtures/echo-server.ts', import.meta.url));
const { driverCall } = ExporterService.method;

/** Sends `count` frames through an echo; the bytes that came back. */
async function echoed(channel: Channel, count: number, frame: Frame = FRAME): Promise<number> {
  using frames = await channel.openFrames();
  const sending = (async () => {
    for (let index = 0; index < count; index++) await frames.write(frame);
    frames.end();
  })();
  const bytes = await drain(frames);
  await sending;
  return bytes;
}

/** Counts the writes that go through until one has to wait, here for as long as nothing else happens on the socket. */
async function writeUntilStopped(write: () => Promise<void>, quiet: () => Promise<void>): Promise<number> {
  for (let count = 1; ; count++) {
    const outcome = await Promise.race([write().then(() => 'written'), quiet().then(() => 'stopped')]);
    if (outcome === 'stopped') return count;
  }
}

describe('a reader that does not read', () => {
  test('stops a client that writes, with bounded memory, and no other call', async () => {
    const go = Promise.withResolvers<void>();
    await using served = await serve({
      exporter: { driverCall: async ({ uuid }) => ({ uuid }) },
      stream: async (frames, call) => {
        call.sendHeaders();
        await go.promise;
        await frames.write(data(`${await drain(frames)}`));
      },
    });
    const { channel } = served;
    using frames = await channel.openFrames();
    // Calls on the same connection go through meanwhile, and show that nothing is about to move any more.
    const quiet = async () => {
      for (let index = 0; index < 20; index++) await channel.unary(driverCall, { uuid: 'x'.repeat(70_000) });
    };
    const count = await writeUntilStopped(() => frames.write(FRAME), quiet);
    expect(count * FRAME.payload.length).toBeLessThan(2 * MIB);
    go.resolve();
    frames.end();
    for await (const { payload } of frames) expect(Buffer.from(payload).toString()).toBe(`${count * 65_536}`);
  });

  test('stops a server that writes', async () => {
    let written = 0;
    await using served = await serve({
      exporter: { driverCall: async () => ({ uuid: `${written}` }) },
      stream: async (frames, call) => {
        call.sendHeaders();
        for (; written < 1_000; written++) await frames.write(FRAME);
        await aborted(call.signal);
      },
    });
    const { channel } = served;
    using frames = await channel.openFrames();
    await frames.headers;
    let before = '';
    let after = '0';
    while (before !== after) {
      before = after;
      for (let index = 0; index < 20; index++) after = (await channel.unary(driverCall, {})).uuid;
    }
    expect(written).toBeGreaterThan(1);
    expect(written * FRAME.payload.length).toBeLessThan(2 * MIB);
    let read = 0;
    for await (const { payload } of frames) {
      read += payload.length;
      if (read === 1_000 * 65_536) break;
    }
  });
});

describe('two peers that both send all they can', () => {
  // Node does not read while it writes: with larger windows these would wait for each other for ever.
  test('on one stream never block each other', async () => {
    await using served = await serve();
    expect(await echoed(served.channel, 1_000)).toBe(1_000 * 65_536);
  });

  // Thousands of chunks are more than one write of the system takes. Within one process the peers would take turns.
  test('nor by frames of a few bytes', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'grpc-'));
    const path = join(folder.path, 'socket');
    await using stack = new AsyncDisposableStack();
    const server = execa(process.execPath, [ECHO_SERVER, path], { reject: false });
    stack.defer(async () => {
      server.kill();
      await server;
    });
    await once(server.stdout, 'data');
    await using channel = createChannel({ path });
    expect(await echoed(channel, 50_000, data('0123456789'))).toBe(500_000);
  });

  test('nor on many streams of one connection', async () => {
    await using served = await serve({
      stream: async (frames, call) => {
        call.sendHeaders();
        const sending = (async () => {
          for (let index = 0; index < 100; index++) await frames.write(FRAME);
        })();
        await Promise.all([drain(frames), sending]);
      },
    });
    const sizes = await Promise.all(Array.from({ length: 16 }, () => echoed(served.channel, 100)));
    expect(sizes).toEqual(Array.from({ length: 16 }, () => 100 * 65_536));
  });

  test('nor over TCP', async () => {
    await using served = await serve();
    const { address } = await served.server.listen({ host: '127.0.0.1', port: 0, insecure: true });
    if (!('port' in address)) throw new Error('not TCP');
    await using channel = createChannel({ ...address, insecure: true });
    expect(await echoed(channel, 1_000)).toBe(1_000 * 65_536);
  });
});
