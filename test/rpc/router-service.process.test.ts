import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { UnreachableError } from '../../src/core/index.ts';
import { defineDriver, group } from '../../src/driver/index.ts';
import { fakeConsole, fakeNetwork } from '../../src/drivers/fake/index.ts';
import { echoNetwork } from '../../src/drivers/std/index.ts';
import { Flasher, Network } from '../../src/interfaces/index.ts';
import { FrameType } from '../../src/rpc/gen/jumpstarter/v1/router_pb.ts';
import { type Frame, GrpcError, statusName } from '../../src/rpc/grpc/index.ts';
import { openRaw, type RawSession, readAll, statusOf } from './raw-session.ts';

const GOAWAY: Frame = { type: FrameType.GOAWAY, payload: new Uint8Array(0) };
const data = (text: string): Frame => ({ type: FrameType.DATA, payload: Buffer.from(text) });
const texts = (frames: readonly Frame[]) =>
  frames.map(({ type, payload }) => (type === FrameType.GOAWAY ? 'GOAWAY' : Buffer.from(payload).toString()));

const driverStream = (raw: RawSession, path: string, metadata = {}) =>
  raw.open({ kind: 'driver', uuid: raw.uuid(path), method: 'connect' }, metadata);

describe('a stream on a driver', () => {
  test('is open before anything is sent, and ends when both sides have ended', async () => {
    await using raw = await openRaw(echoNetwork());
    const { frames } = await driverStream(raw, '');
    await frames.write(data('hello'));
    await frames.write(GOAWAY);
    frames.end();
    expect(texts(await readAll(frames))).toEqual(['hello', 'GOAWAY']);
  });

  test('ends as well for a client that only half-closes', async () => {
    await using raw = await openRaw(echoNetwork());
    const { frames } = await driverStream(raw, '');
    await frames.write(data('hello'));
    frames.end();
    expect(texts(await readAll(frames))).toEqual(['hello', 'GOAWAY']);
  });

  test('takes empty frames and frames of other kinds for neither data nor the end', async () => {
    await using raw = await openRaw(echoNetwork());
    const { frames } = await driverStream(raw, '');
    for (const frame of [data(''), { ...GOAWAY, type: FrameType.PING }, data('a'), GOAWAY, data('late')]) {
      await frames.write(frame);
    }
    frames.end();
    expect(texts(await readAll(frames))).toEqual(['a', 'GOAWAY']);
  });

  test('cuts what is larger than a frame, and keeps what is not', async () => {
    await using raw = await openRaw(
      fakeNetwork({ serve: (channel) => channel.write(new Uint8Array(150_000)) }),
    );
    const { frames } = await driverStream(raw, '');
    frames.end();
    const sizes = (await readAll(frames)).map(({ payload }) => payload.length);
    expect(sizes).toEqual([65_536, 65_536, 18_928, 0]);
  });

  test('says that the device has ended while the client goes on', async () => {
    const { promise: heard, resolve } = Promise.withResolvers<string>();
    const serve = async (channel: AsyncIterable<Uint8Array> & { end(): Promise<void> }) => {
      await channel.end();
      for await (const chunk of channel) resolve(Buffer.from(chunk).toString());
    };
    await using raw = await openRaw(fakeNetwork({ serve }));
    const { frames } = await driverStream(raw, '');
    const iterator = frames[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toMatchObject({ type: FrameType.GOAWAY });
    await frames.write(data('still here'));
    expect(await heard).toBe('still here');
    frames.cancel();
  });

  test('is closed for the device when the client cancels', async () => {
    const { promise: closed, resolve } = Promise.withResolvers<void>();
    const serve = async (channel: AsyncIterable<Uint8Array>) => {
      for await (const _ of channel);
      resolve();
    };
    await using raw = await openRaw(fakeNetwork({ serve }));
    const { frames } = await driverStream(raw, '');
    frames.cancel();
    await closed;
  });

  test('ends with the error of the device', async () => {
    const console = fakeConsole();
    await using raw = await openRaw(console);
    const { frames } = await driverStream(raw, '');
    console.device.unplug();
    expect(await statusOf(readAll(frames))).toBe('ABORTED: fake-console: the device is gone');
  });

  test.each([
    ['has ended: what is said to it afterwards is lost on it', true],
    ['has not ended: that is told', false],
  ])('to a device that hangs up, and %s', async (_, ends) => {
    const { promise: disposed, resolve } = Promise.withResolvers<void>();
    const gone = async () => Promise.reject(new UnreachableError('gone', { target: 'tcp' }));
    const connect = async () => ({
      write: gone,
      end: gone,
      async *[Symbol.asyncIterator]() {
        yield Buffer.from('bye');
        if (!ends) await disposed;
      },
      [Symbol.asyncDispose]: async () => resolve(),
    });
    const open = () => ({ connect });
    const config = z.undefined();
    await using raw = await openRaw(defineDriver({ name: 'rude', interface: Network, config, open })());
    const { frames } = await driverStream(raw, '');
    const iterator = frames[Symbol.asyncIterator]();
    await iterator.next();
    if (ends) expect((await iterator.next()).value).toMatchObject({ type: FrameType.GOAWAY });
    await frames.write(data('and another thing'));
    await frames.write(GOAWAY);
    frames.end();
    const rest = async () => {
      for (let next = await iterator.next(); !next.done; next = await iterator.next());
    };
    if (ends) await rest();
    else expect(await statusOf(rest())).toContain('UNAVAILABLE: gone');
  });

  test('gets its options, checked', async () => {
    await using raw = await openRaw(fakeConsole());
    const wrong = driverStream(raw, '', { 'jumplead-options': JSON.stringify({ from: 'yesterday' }) });
    expect(await statusOf(wrong)).toMatch(
      /^INVALID_ARGUMENT: connect: argument options.from: got "yesterday"/,
    );
    const noJson = driverStream(raw, '', { 'jumplead-options': '{' });
    expect(await statusOf(noJson)).toMatch(/^INVALID_ARGUMENT: .* is not JSON/);
    const right = await driverStream(raw, '', { 'jumplead-options': JSON.stringify({ from: 'boot' }) });
    right.frames.cancel();
  });

  test.for(['', '{"kind":"driver"}', '{"kind":"teapot","uuid":"x"}'])(
    'is refused for the request %j',
    async (request) => {
      await using raw = await openRaw(echoNetwork());
      const frames = await raw.channel.openFrames({ metadata: { request } });
      expect(await statusOf(frames.headers)).toMatch(
        /^INVALID_ARGUMENT: the metadata "request" names no stream/,
      );
    },
  );
});

interface Flashed {
  readonly chunks: string[];
  /** Resolves when the driver has got something. */
  readonly began: PromiseWithResolvers<void>;
  readonly failure: PromiseWithResolvers<unknown>;
}

/** Takes `limit` chunks at most; gives back two, and then fails if told so. */
function flasher(flashed: Flashed, { limit = Number.POSITIVE_INFINITY, forgetful = false } = {}) {
  const make = defineDriver({
    name: 'flasher',
    interface: Flasher,
    config: z.undefined(),
    open: () => ({
      flash: async (source) => {
        if (source.kind !== 'stream') throw new Error(`not a stream: ${source.kind}`);
        try {
          for await (const chunk of source.chunks) {
            flashed.chunks.push(Buffer.from(chunk).toString());
            flashed.began.resolve();
            if (flashed.chunks.length >= limit) break;
          }
        } catch (error) {
          flashed.failure.resolve(error);
          throw error;
        }
        return null;
      },
      dump: async (target, partition) => {
        if (target.kind !== 'stream') throw new Error(`not a stream: ${target.kind}`);
        await target.writer.write(Buffer.from('one'));
        if (partition === 'broken') throw new Error('the flash is worn out');
        await target.writer.write(Buffer.from('two'));
        if (!forgetful) await target.writer.close();
        return null;
      },
    }),
  });
  return make();
}

const newFlashed = (): Flashed => ({
  chunks: [],
  began: Promise.withResolvers(),
  failure: Promise.withResolvers(),
});

async function openResource(raw: RawSession, path = '', encoding: string | null = null) {
  const request = { kind: 'resource', uuid: raw.uuid(path), x_jmp_content_encoding: encoding };
  const { frames, headers } = await raw.open(request);
  return { frames, headers, handle: JSON.parse(headers['resource'] ?? '') };
}

describe('a resource', () => {
  test('carries an upload; the exporter says when it has all', async () => {
    const flashed = newFlashed();
    await using raw = await openRaw(flasher(flashed));
    const { frames, handle, headers } = await openResource(raw);
    expect(handle).toEqual({ kind: 'client_stream', uuid: expect.any(String), x_jmp_content_encoding: null });
    expect(headers).not.toHaveProperty('x_jmp_accept_encoding');
    await frames.write(data('before the call'));
    const call = raw.call('', 'flash', [handle, null]);
    await frames.write(data(''));
    await frames.write(data('after it'));
    await frames.write(GOAWAY);
    frames.end();
    expect(await call).toBeNull();
    expect(flashed.chunks).toEqual(['before the call', 'after it']);
    expect(texts(await readAll(frames))).toEqual(['GOAWAY']);
  });

  test('says which encodings the exporter takes off', async () => {
    await using raw = await openRaw(flasher(newFlashed()));
    for (const encoding of ['gzip', 'zstd', 'xz', 'bz2']) {
      const { handle, headers, frames } = await openResource(raw, '', encoding);
      expect(handle.x_jmp_content_encoding).toBe(encoding);
      expect(headers['x_jmp_accept_encoding']).toBe(encoding);
      frames.cancel();
    }
    const { handle, headers, frames } = await openResource(raw, '', 'lzma86');
    expect(handle.x_jmp_content_encoding).toBeNull();
    expect(headers).not.toHaveProperty('x_jmp_accept_encoding');
    frames.cancel();
  });

  // HTTP/2 stacks half-close what they are about to reset.
  test.each([
    ['is cancelled', 'cancel'],
    ['ends without a GOAWAY', 'end'],
  ] as const)('whose upload %s is an error to the driver, never the end', async (_, end) => {
    const flashed = newFlashed();
    await using raw = await openRaw(flasher(flashed));
    const { frames, handle } = await openResource(raw);
    await frames.write(data('half of it'));
    const call = statusOf(raw.call('', 'flash', [handle]));
    await flashed.began.promise;
    frames[end]();
    expect(await flashed.failure.promise).toMatchObject({ code: 'unreachable' });
    expect(await call).toMatch(/^UNAVAILABLE: flash: the upload broke off: .* went away/);
  });

  test('whose client loses its connection is an error to the driver', async () => {
    const flashed = newFlashed();
    await using raw = await openRaw(flasher(flashed));
    const { frames, handle } = await openResource(raw);
    await frames.write(data('half of it'));
    const call = statusOf(raw.call('', 'flash', [handle]));
    await flashed.began.promise;
    await raw.channel.close();
    expect(await flashed.failure.promise).toMatchObject({ code: 'unreachable' });
    expect(await call).toMatch(/^UNAVAILABLE/);
  });

  test('of which the driver wants only a part is taken to its end', async () => {
    const flashed = newFlashed();
    await using raw = await openRaw(flasher(flashed, { limit: 1 }));
    const { frames, handle } = await openResource(raw);
    await frames.write(data('enough'));
    expect(await raw.call('', 'flash', [handle])).toBeNull();
    const iterator = frames[Symbol.asyncIterator]();
    expect((await iterator.next()).value).toMatchObject({ type: FrameType.GOAWAY });
    const mebibyte = new Uint8Array(2 ** 20);
    for (let count = 0; count < 8; count++) await frames.write({ type: FrameType.DATA, payload: mebibyte });
    await frames.write(GOAWAY);
    frames.end();
    expect((await iterator.next()).done).toBe(true);
  });

  test('carries a download, also past the answer', async () => {
    await using raw = await openRaw(flasher(newFlashed()));
    const { frames, handle } = await openResource(raw);
    await frames.write(GOAWAY);
    frames.end();
    expect(await raw.call('', 'dump', [handle, null])).toBeNull();
    expect(texts(await readAll(frames))).toEqual(['one', 'two', 'GOAWAY']);
  });

  test('ends with an error when the download is not the whole', async () => {
    await using raw = await openRaw(flasher(newFlashed()));
    const { frames, handle } = await openResource(raw);
    const call = statusOf(raw.call('', 'dump', [handle, 'broken']));
    expect(await statusOf(readAll(frames))).toMatch(/^UNKNOWN: internal error, incident/);
    expect(await call).toMatch(/^UNKNOWN: internal error, incident/);
  });

  test('ends with an error when the driver does not say that it was the whole', async () => {
    await using raw = await openRaw(flasher(newFlashed(), { forgetful: true }));
    const { frames, handle } = await openResource(raw);
    await raw.call('', 'dump', [handle]);
    expect(await statusOf(readAll(frames))).toBe('UNKNOWN: dump: the driver ended without closing target');
  });

  test('serves one call of one driver', async () => {
    await using raw = await openRaw(group({ a: flasher(newFlashed()), b: flasher(newFlashed()) }));
    const { frames, handle } = await openResource(raw, 'a');
    const refusal = `INVALID_ARGUMENT: b.dump: argument target: there is no open stream ${handle.uuid} for this driver`;
    expect(await statusOf(raw.call('b', 'dump', [handle]))).toContain(refusal);
    await raw.call('a', 'dump', [handle]);
    expect(await statusOf(raw.call('a', 'dump', [handle]))).toContain('INVALID_ARGUMENT: a.dump');
    frames.cancel();
  });

  test.for([
    ['flash', 'oci://registry/image', 'argument source: Invalid input: expected object, received string; '],
    [
      'flash',
      { kind: 'client_stream' },
      'argument source: uuid: Invalid input: expected string, received undefined; allowed: a handle',
    ],
    [
      'flash',
      { kind: 'presigned_request', headers: {}, url: 'file:///etc/passwd', method: 'GET' },
      'source: url: Invalid URL',
    ],
    [
      'flash',
      { kind: 'presigned_request', headers: {}, url: 'http://h/x', method: 'PUT' },
      'with method PUT',
    ],
    ['flash', { kind: 'local_path', path: '/etc/passwd' }, "within the exporter's own process only"],
    ['dump', { kind: 'local_path', path: '/tmp/x' }, "within the exporter's own process only"],
  ] as const)('%s refuses %j', async ([method, handle, text]) => {
    await using raw = await openRaw(flasher(newFlashed()));
    const status = await statusOf(raw.call('', method, [handle]));
    expect(status).toMatch(/^INVALID_ARGUMENT: /);
    expect(status).toContain(text);
  });

  test('may be a path only for who shows the token of this process', async () => {
    await using raw = await openRaw(flasher(newFlashed()));
    const handle = { kind: 'local_path', path: '/etc/hostname' };
    const call = (token: string) => statusOf(raw.call('', 'flash', [handle], { 'jumplead-local': token }));
    expect(await call('guess')).toMatch(/^INVALID_ARGUMENT/);
    expect(await call(raw.session.localToken)).toMatch(/^UNKNOWN: internal error/); // The driver takes streams only.
  });
});

test('an error on a stream keeps its fields', async () => {
  const console = fakeConsole();
  await using raw = await openRaw(console);
  const { frames } = await driverStream(raw, '');
  console.device.unplug();
  const error = await readAll(frames).catch((reason: unknown) => reason);
  expect(error).toBeInstanceOf(GrpcError);
  if (error instanceof GrpcError) {
    expect(statusName(error.code)).toBe('ABORTED');
    expect(error.metadata).toHaveProperty('jumplead-error-bin');
  }
});
