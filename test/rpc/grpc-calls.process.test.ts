import { connect as connectHttp2 } from 'node:http2';
import { connect } from 'node:net';
import { describe, expect, test } from 'vitest';
import { ExporterService } from '../../src/rpc/gen/jumpstarter/v1/jumpstarter_pb.ts';
import { RouterService } from '../../src/rpc/gen/jumpstarter/v1/router_pb.ts';
import { GrpcError, Status } from '../../src/rpc/grpc/index.ts';
import { failureOf } from '../support/failure.ts';
import { aborted, data, drain, grpcFailureOf, serve } from './grpc-fixture.ts';

const { getReport, driverCall, logStream, reset } = ExporterService.method;

describe('a unary call', () => {
  test('carries request, metadata and answer', async () => {
    await using served = await serve({
      exporter: {
        driverCall: async ({ method, args }, { metadata, path }) => ({
          uuid: `${path} ${method} ${metadata['x-key']}`,
          result: args[0],
        }),
      },
    });
    const value = { kind: { case: 'stringValue', value: 'ä' } } as const;
    const answer = await served.channel.unary(
      driverCall,
      { method: 'on', args: [value] },
      { metadata: { 'x-key': 'v' } },
    );
    expect(answer.uuid).toBe('/jumpstarter.v1.ExporterService/DriverCall on v');
    expect(answer.result?.kind).toEqual(value.kind);
  });

  test('fails with code, text and trailers of the server', async () => {
    const error = new GrpcError(Status.NOT_FOUND, 'kein Gerät: 100%', { metadata: { 'detail-bin': 'QUI' } });
    await using served = await serve({ exporter: { getReport: () => Promise.reject(error) } });
    const failure = await grpcFailureOf(served.channel.unary(getReport, {}));
    expect(failure).toMatchObject({ code: Status.NOT_FOUND, details: 'kein Gerät: 100%' });
    expect(failure.metadata).toEqual({ 'detail-bin': 'QUI' });
  });

  test('tells nothing of an error nobody foresaw, unless it is translated', async () => {
    const exporter = { getReport: () => Promise.reject(new Error('secret')) };
    await using plain = await serve({ exporter });
    expect(await grpcFailureOf(plain.channel.unary(getReport, {}))).toMatchObject({
      code: Status.UNKNOWN,
      details: 'internal error',
    });
    const toStatus = (error: unknown) => new GrpcError(Status.INTERNAL, `translated ${error}`);
    await using translated = await serve({ exporter, toStatus });
    expect(await grpcFailureOf(translated.channel.unary(getReport, {}))).toMatchObject({
      code: Status.INTERNAL,
      details: 'translated Error: secret',
    });
  });

  test('to a method without a handler is UNIMPLEMENTED', async () => {
    await using served = await serve();
    expect(await grpcFailureOf(served.channel.unary(reset, {}))).toMatchObject({
      code: Status.UNIMPLEMENTED,
      details: '/jumpstarter.v1.ExporterService/Reset is not served here',
    });
  });

  test('may be one of a thousand at a time', async () => {
    await using served = await serve({ exporter: { driverCall: async ({ uuid }) => ({ uuid }) } });
    const calls = Array.from({ length: 1_000 }, (_, index) =>
      served.channel.unary(driverCall, { uuid: `${index}` }),
    );
    const answers = await Promise.all(calls);
    expect(answers.map(({ uuid }) => uuid)).toEqual(answers.map((_, index) => `${index}`));
  });

  test('of more than 4 MiB is RESOURCE_EXHAUSTED, in both directions', async () => {
    const large = 'x'.repeat(4 * 2 ** 20);
    await using served = await serve({
      exporter: { driverCall: async ({ uuid }) => ({ uuid: uuid || large }) },
    });
    const code = Status.RESOURCE_EXHAUSTED;
    expect(await grpcFailureOf(served.channel.unary(driverCall, { uuid: large }))).toMatchObject({ code });
    expect(await grpcFailureOf(served.channel.unary(driverCall, {}))).toMatchObject({ code });
    const fits = large.slice(10);
    expect((await served.channel.unary(driverCall, { uuid: fits })).uuid.length).toBe(fits.length);
  });
});

describe('a server stream', () => {
  test('gives its messages in order, and then the status', async () => {
    await using served = await serve({
      exporter: {
        async *logStream() {
          for (const message of ['a', 'b', 'c']) yield { message };
          throw new GrpcError(Status.ABORTED, 'over');
        },
      },
    });
    const seen: string[] = [];
    const reading = (async () => {
      for await (const { message } of served.channel.serverStream(logStream, {})) seen.push(message);
    })();
    expect(await grpcFailureOf(reading)).toMatchObject({ code: Status.ABORTED, details: 'over' });
    expect(seen).toEqual(['a', 'b', 'c']);
  });

  test('is cancelled when the reader leaves', async () => {
    const ended = Promise.withResolvers<unknown>();
    await using served = await serve({
      exporter: {
        async *logStream(_, { signal }) {
          yield { message: 'first' };
          ended.resolve(await aborted(signal));
        },
      },
    });
    for await (const { message } of served.channel.serverStream(logStream, {})) {
      expect(message).toBe('first');
      break;
    }
    expect(await ended.promise).toMatchObject({ code: Status.CANCELLED, details: 'cancelled by the caller' });
  });
});

describe('a frame stream', () => {
  test('has its headers before any message', async () => {
    await using served = await serve({
      stream: async (_, call) => {
        call.sendHeaders({ resource: '{"kind":"client_stream"}' });
        await aborted(call.signal);
      },
    });
    using frames = await served.channel.openFrames();
    expect(await frames.headers).toEqual({ resource: '{"kind":"client_stream"}' });
  });

  test('ends in one direction at a time', async () => {
    await using served = await serve({
      stream: async (frames, call) => {
        call.sendHeaders();
        const bytes = await drain(frames);
        await frames.write(data(`${bytes} bytes`));
      },
    });
    using frames = await served.channel.openFrames();
    await frames.write(data('hello'));
    frames.end();
    const answers: string[] = [];
    for await (const { payload } of frames) answers.push(Buffer.from(payload).toString());
    expect(answers).toEqual(['5 bytes']);
  });

  test('that the server ends while the client sends has its status', async () => {
    await using served = await serve({
      stream: async (frames) => {
        for await (const frame of frames) {
          await frames.write(frame);
          throw new GrpcError(Status.RESOURCE_EXHAUSTED, 'somebody else writes');
        }
      },
    });
    using frames = await served.channel.openFrames();
    void frames.write(data('x'.repeat(1_000_000)));
    const expected = { code: Status.RESOURCE_EXHAUSTED, details: 'somebody else writes' };
    expect(await grpcFailureOf(drain(frames))).toMatchObject(expected);
    expect(await grpcFailureOf(frames.write(data('more')))).toMatchObject(expected);
  });

  test('that fails before its headers rejects them', async () => {
    await using served = await serve({
      stream: () => Promise.reject(new GrpcError(Status.NOT_FOUND, 'no such stream')),
    });
    using frames = await served.channel.openFrames();
    expect(await grpcFailureOf(frames.headers)).toMatchObject({ code: Status.NOT_FOUND });
  });

  test('that is cancelled does not look like one that ended', async () => {
    const outcome = Promise.withResolvers<unknown>();
    await using served = await serve({
      stream: async (frames, call) => {
        call.sendHeaders();
        outcome.resolve(await failureOf(drain(frames)));
      },
    });
    const frames = await served.channel.openFrames();
    await frames.headers;
    await frames.write(data('half of it'));
    frames.cancel('enough');
    expect(await outcome.promise).toMatchObject({ code: Status.CANCELLED });
    expect(await failureOf(drain(frames))).toBe('enough');
    expect(await failureOf(frames.write(data('x')))).toBe('enough');
  });

  test('has a generic form', async () => {
    await using served = await serve();
    using call = await served.channel.openBidi(RouterService.method.stream);
    await call.write({ payload: Buffer.from('hello') });
    call.end();
    for await (const { payload } of call) expect(Buffer.from(payload).toString()).toBe('hello');
  });
});

describe('a caller that does not wait', () => {
  const forever = (seen: (reason: unknown) => void) => ({
    getReport: async (_: unknown, { signal }: { signal: AbortSignal }) => {
      seen(await aborted(signal));
      return {};
    },
  });

  test('gets the reason of its signal, untouched; the server a cancellation', async () => {
    const seen = Promise.withResolvers<unknown>();
    const entered = Promise.withResolvers<void>();
    const exporter = forever(seen.resolve);
    await using served = await serve({
      exporter,
      intercept: (_, next) => {
        entered.resolve();
        return next();
      },
    });
    const controller = new AbortController();
    const reason = { any: 'thing' };
    const call = served.channel.unary(getReport, {}, { signal: controller.signal });
    await entered.promise;
    controller.abort(reason);
    expect(await failureOf(call)).toBe(reason);
    expect(await seen.promise).toMatchObject({ code: Status.CANCELLED });
    expect(await failureOf(served.channel.unary(getReport, {}, { signal: controller.signal }))).toBe(reason);
  });

  test('says how long it waits', async () => {
    const seen = Promise.withResolvers<unknown>();
    const deadline = Promise.withResolvers<Date | undefined>();
    await using served = await serve({
      exporter: forever(seen.resolve),
      intercept: (call, next) => {
        deadline.resolve(call.deadline);
        return next();
      },
    });
    const before = Date.now();
    const failure = await grpcFailureOf(served.channel.unary(getReport, {}, { timeout: '50ms' }));
    expect(failure).toMatchObject({ code: Status.DEADLINE_EXCEEDED });
    expect((await deadline.promise)?.getTime()).toBeGreaterThanOrEqual(before + 50);
    expect(await seen.promise).toBeInstanceOf(GrpcError); // DEADLINE_EXCEEDED or CANCELLED, whichever clock was first
  });
});

describe('an interceptor', () => {
  const secret = { 'x-secret': 'open sesame' };

  test('refuses calls before they are read, also to unknown methods', async () => {
    await using served = await serve({
      exporter: { driverCall: async () => ({}) },
      intercept: async ({ metadata }, next) => {
        if (metadata['x-secret'] !== secret['x-secret']) throw new GrpcError(Status.UNAUTHENTICATED, 'no');
        await next();
      },
    });
    const { channel } = served;
    const code = Status.UNAUTHENTICATED;
    expect(await grpcFailureOf(channel.unary(driverCall, { uuid: 'x'.repeat(2_000_000) }))).toMatchObject({
      code,
    });
    expect(await grpcFailureOf(channel.unary(reset, {}))).toMatchObject({ code });
    const frames = await channel.openFrames();
    expect(await grpcFailureOf(drain(frames))).toMatchObject({ code });
    await channel.unary(driverCall, {}, { metadata: secret });
  });

  test('sees how calls fail', async () => {
    const failures: unknown[] = [];
    await using served = await serve({
      exporter: { getReport: () => Promise.reject(new GrpcError(Status.ABORTED, 'for a reason')) },
      intercept: (call, next) =>
        next().catch((error: unknown) => {
          failures.push(`${call.path}: ${error}`);
          throw error;
        }),
    });
    await failureOf(served.channel.unary(getReport, {}));
    expect(failures).toEqual(['/jumpstarter.v1.ExporterService/GetReport: GrpcError: ABORTED: for a reason']);
  });
});

test.each([
  [{ ':method': 'GET' }, 405],
  [{ ':method': 'POST', 'content-type': 'application/json' }, 415],
  [{ ':method': 'POST', 'content-type': 'application/grpc+proto' }, 200],
])('a request with %j is answered with HTTP status %i', async (headers, status) => {
  await using served = await serve();
  const session = connectHttp2('http://localhost', { createConnection: () => connect(served.path) });
  const { promise, resolve } = Promise.withResolvers<unknown>();
  session.request({ ':path': '/nothing', ...headers }).on('response', (answer) => resolve(answer[':status']));
  expect(await promise).toBe(status);
  session.destroy();
});
