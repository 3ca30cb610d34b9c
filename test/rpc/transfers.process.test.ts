import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { pino } from 'pino';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { defineDriver } from '../../src/driver/index.ts';
import { serve, sessionOf } from '../../src/index.ts';
import { type ByteWriter, type Client, Flasher, type Sink, type Source } from '../../src/interfaces/index.ts';
import { createCalls } from '../../src/rpc/client/calls.ts';
import { Link } from '../../src/rpc/client/link.ts';
import { ExporterService } from '../../src/rpc/gen/jumpstarter/v1/jumpstarter_pb.ts';
import { FrameType, RouterService } from '../../src/rpc/gen/jumpstarter/v1/router_pb.ts';
import { createGrpcServer, implement } from '../../src/rpc/grpc/index.ts';
import { readReports } from '../../src/rpc/report.ts';

/** What a driver met with. */
interface Met {
  source?: Source;
  sink?: Sink;
  readonly received: string[];
  readonly began: PromiseWithResolvers<void>;
  readonly failure: PromiseWithResolvers<unknown>;
}

function newMet(): Met {
  return { received: [], began: Promise.withResolvers(), failure: Promise.withResolvers() };
}

/** Keeps what it is flashed with, up to `limit` chunks; dumps two chunks, or fails after the first. */
async function serveFlasher(met: Met, { limit = Number.POSITIVE_INFINITY, dumpFails = false } = {}) {
  const make = defineDriver({
    name: 'flasher',
    interface: Flasher,
    config: z.undefined(),
    open: () => ({
      flash: async (source) => {
        met.source = source;
        if (source.kind !== 'stream') return null;
        try {
          for await (const chunk of source.chunks) {
            met.received.push(Buffer.from(chunk).toString());
            met.began.resolve();
            if (met.received.length >= limit) break;
          }
          return null;
        } catch (error) {
          met.failure.resolve(error);
          throw error;
        }
      },
      dump: async (sink) => {
        met.sink = sink;
        if (sink.kind !== 'stream') return null;
        try {
          await sink.writer.write(Buffer.from('one '));
          if (dumpFails) throw new Error('worn out');
          await sink.writer.write(Buffer.from('two'));
          await sink.writer.close();
          return null;
        } catch (error) {
          met.failure.resolve(error);
          throw error;
        }
      },
    }),
  });
  const tree = await serve(make(), { log: pino({ level: 'silent' }) });
  const calls = sessionOf(tree).node('', Flasher)?.calls;
  if (!calls) throw new Error('the root is the flasher');
  return { calls, [Symbol.asyncDispose]: () => tree[Symbol.asyncDispose]().then() };
}

/** Chunks that come one after the other, and then what `last` comes to: an error, or nothing for ever. */
async function* chunksThen(last: Promise<never>, ...texts: string[]): AsyncGenerator<Uint8Array> {
  for (const text of texts) yield Buffer.from(text);
  await last;
}

const NEVER = new Promise<never>(() => undefined);

async function* chunks(...parts: readonly (string | Uint8Array)[]): AsyncGenerator<Uint8Array> {
  for (const part of parts) yield Buffer.from(part);
}

function collector(): ByteWriter & { readonly text: () => string; readonly ended: unknown[] } {
  const parts: Uint8Array[] = [];
  const ended: unknown[] = [];
  return {
    text: () => Buffer.concat(parts).toString(),
    ended,
    write: async (chunk) => void parts.push(Buffer.from(chunk)),
    close: async () => void ended.push('closed'),
    abort: async (reason) => void ended.push(reason),
  };
}

describe('an upload', () => {
  test('whose source fails ends with the error of the source; the driver does not take it for the whole', async () => {
    const met = newMet();
    await using flasher = await serveFlasher(met);
    const broken = new Error('the disk went away');
    // Not before the driver has begun, or the call would not even be sent.
    const failing = met.began.promise.then((): never => {
      throw broken;
    });
    const source: Source = { kind: 'stream', chunks: chunksThen(failing, 'half') };
    await expect(flasher.calls.flash(source)).rejects.toBe(broken);
    expect(await met.failure.promise).toMatchObject({ code: 'unreachable' });
  });

  test('that is given up ends with the reason; the driver does not take it for the whole', async () => {
    const met = newMet();
    await using flasher = await serveFlasher(met);
    const stop = new AbortController();
    const source: Source = { kind: 'stream', chunks: chunksThen(NEVER, 'half') };
    const flashing = flasher.calls.flash(source, null, { signal: stop.signal });
    flashing.catch(() => undefined);
    await met.began.promise;
    const reason = new Error('enough');
    stop.abort(reason);
    await expect(flashing).rejects.toBe(reason);
    expect(await met.failure.promise).toMatchObject({ code: 'unreachable' });
  });

  test('of which the driver wants no more is done, and its source let go', async () => {
    await using flasher = await serveFlasher(newMet(), { limit: 1 });
    const { promise: letGo, resolve } = Promise.withResolvers<void>();
    const endless = async function* () {
      try {
        for (;;) yield new Uint8Array(65_536);
      } finally {
        resolve();
      }
    };
    await flasher.calls.flash({ kind: 'stream', chunks: endless() });
    await letGo;
  });

  test('arrives unpacked', async () => {
    const met = newMet();
    await using flasher = await serveFlasher(met);
    const packed = chunks(gzipSync('what is in it'));
    await flasher.calls.flash({ kind: 'stream', chunks: packed, contentEncoding: 'gzip' });
    expect(met.received.join('')).toBe('what is in it');
    expect(met.source).not.toHaveProperty('contentEncoding');
  });

  test('may be only where it is to be had', async () => {
    const met = newMet();
    await using flasher = await serveFlasher(met);
    await flasher.calls.flash({ kind: 'url', url: 'https://h/image?key=1', headers: { a: 'b' } });
    expect(met.source).toEqual({ kind: 'url', url: 'https://h/image?key=1', headers: { a: 'b' } });
    await using folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-test-'));
    await flasher.calls.flash({ kind: 'local_path', path: folder.path });
    expect(met.source).toEqual({ kind: 'local_path', path: folder.path });
  });
});

describe('a download', () => {
  test('is complete when the call is', async () => {
    await using flasher = await serveFlasher(newMet());
    const writer = collector();
    await flasher.calls.dump({ kind: 'stream', writer });
    expect(writer.text()).toBe('one two');
    expect(writer.ended).toEqual(['closed']);
  });

  test('is told that it never will be when the call fails', async () => {
    await using flasher = await serveFlasher(newMet(), { dumpFails: true });
    const writer = collector();
    await expect(flasher.calls.dump({ kind: 'stream', writer })).rejects.toMatchObject({ code: 'internal' });
    expect(writer.ended).toEqual([expect.objectContaining({ code: 'unreachable' })]);
  });

  test('that cannot be written down fails with that', async () => {
    const met = newMet();
    await using flasher = await serveFlasher(met);
    const full = new Error('no space left');
    const writer = { ...collector(), write: async () => Promise.reject(full) };
    await expect(flasher.calls.dump({ kind: 'stream', writer })).rejects.toBe(full);
  });

  test('arrives packed, whole', async () => {
    await using flasher = await serveFlasher(newMet());
    const parts: Uint8Array[] = [];
    const writer = {
      ...collector(),
      write: async (chunk: Uint8Array) => void parts.push(Buffer.from(chunk)),
    };
    await flasher.calls.dump({ kind: 'stream', writer, contentEncoding: 'gzip' });
    expect(gunzipSync(Buffer.concat(parts)).toString()).toBe('one two');
  });

  test('may go where the exporter can put it itself', async () => {
    const met = newMet();
    await using flasher = await serveFlasher(met);
    await flasher.calls.dump({ kind: 'url', url: 'https://h/image' });
    expect(met.sink).toEqual({ kind: 'url', url: 'https://h/image', headers: {} });
  });
});

/** An exporter that takes no compression, with one flasher; it remembers what it got and gives that back. */
async function plainExporter() {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'jumplead-test-')));
  const stored: Uint8Array[] = [];
  const complete = Promise.withResolvers<void>();
  const handle = { kind: 'client_stream', uuid: crypto.randomUUID(), x_jmp_content_encoding: null };
  const server = stack.use(
    createGrpcServer({
      routes: [
        ...implement(ExporterService, {
          getReport: async () => ({
            reports: [{ uuid: 'a', labels: { 'jumpstarter.dev/client': Flasher.pythonClient } }],
          }),
          driverCall: async ({ method }) => {
            if (method === 'flash') await complete.promise;
            return { result: { kind: { case: 'nullValue', value: 0 } } };
          },
        }),
        ...implement(RouterService, {
          stream: async (frames, call) => {
            call.sendHeaders({ resource: JSON.stringify(handle) });
            for (const payload of stored) await frames.write({ type: FrameType.DATA, payload });
            for await (const { type, payload } of frames) {
              if (type === FrameType.GOAWAY) break;
              stored.push(Buffer.from(payload));
            }
            complete.resolve();
            await frames.write({ type: FrameType.GOAWAY, payload: new Uint8Array(0) });
          },
        }),
      ],
    }),
  );
  const path = join(folder.path, 's');
  await server.listen({ path });
  const link = stack.use(new Link({ path }, { name: path }));
  const { reports } = await link.ask('connect', (channel) =>
    channel.unary(ExporterService.method.getReport, {}),
  );
  const calls: Client<typeof Flasher> = createCalls(link, readReports(reports, path), Flasher, {
    strict: false,
  });
  const held = stack.move();
  return { calls, stored, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

test('towards an exporter that takes no compression, we do it ourselves', async () => {
  await using exporter = await plainExporter();
  const packed = chunks(gzipSync('what is in it'));
  await exporter.calls.flash({ kind: 'stream', chunks: packed, contentEncoding: 'gzip' });
  expect(Buffer.concat(exporter.stored).toString()).toBe('what is in it');
  const parts: Uint8Array[] = [];
  const writer = { ...collector(), write: async (chunk: Uint8Array) => void parts.push(Buffer.from(chunk)) };
  await exporter.calls.dump({ kind: 'stream', writer, contentEncoding: 'gzip' });
  expect(gunzipSync(Buffer.concat(parts)).toString()).toBe('what is in it');
});
