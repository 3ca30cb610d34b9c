import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { expect, test, vi } from 'vitest';
import { ExporterService } from '../../src/rpc/gen/jumpstarter/v1/jumpstarter_pb.ts';
import { createChannel, GrpcError, Status } from '../../src/rpc/grpc/index.ts';
import { MAX_CONNECTIONS } from '../../src/rpc/grpc/limits.ts';
import { grpcFailureOf, serve } from './grpc-fixture.ts';

const { getReport } = ExporterService.method;
const exporter = { getReport: async () => ({ motd: 'here' }) };

/** A channel on a socket of which is known when it closes. */
async function open(path: string) {
  const socket: Socket = connect(path).on('error', () => undefined);
  await once(socket, 'connect');
  const channel = createChannel({ duplex: () => socket, name: 'a socket' });
  return { socket, channel, closed: once(socket, 'close') };
}

test('silence has an end before the first call that is let in, and none after it', async () => {
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  try {
    await using served = await serve({
      exporter,
      intercept: async ({ metadata }, next) => {
        if (metadata['who'] !== 'friend') throw new GrpcError(Status.UNAUTHENTICATED, 'who?');
        await next();
      },
    });
    const silent = await open(served.path);
    const stranger = await open(served.path);
    const friend = await open(served.path);
    const ask = ({ channel }: typeof friend, who: string) =>
      channel.unary(getReport, {}, { metadata: { who } });
    expect((await grpcFailureOf(ask(stranger, 'foe'))).code).toBe(Status.UNAUTHENTICATED);
    await ask(friend, 'friend');
    silent.socket.resume();
    vi.advanceTimersByTime(30_000);
    await Promise.all([silent.closed, stranger.closed]);
    vi.advanceTimersByTime(365 * 24 * 3_600_000);
    expect((await ask(friend, 'friend')).motd).toBe('here');
    friend.socket.destroy();
  } finally {
    vi.useRealTimers();
  }
});

test('more clients than there is room for are told so, until another leaves', async () => {
  await using served = await serve({ exporter });
  await using stack = new AsyncDisposableStack();
  const friends = [];
  for (let count = 0; count < MAX_CONNECTIONS; count++) {
    const friend = await open(served.path);
    stack.defer(() => void friend.socket.destroy());
    await friend.channel.unary(getReport, {});
    friends.push(friend);
  }
  const late = await open(served.path);
  stack.defer(() => void late.socket.destroy());
  expect((await grpcFailureOf(late.channel.unary(getReport, {}))).message).toMatchInlineSnapshot(
    `"RESOURCE_EXHAUSTED: 256 clients are connected, the most that are served at the same time"`,
  );
  const [first] = friends;
  first?.socket.destroy();
  await first?.closed;
  const motd = async () => (await late.channel.unary(getReport, {})).motd;
  await expect.poll(() => motd().catch(String)).toBe('here'); // As soon as the server has seen the other one leave.
});

test('more calls than may be under way are refused, and served once others have ended', async () => {
  await using served = await serve({ maxCalls: 2, exporter });
  const frames = [await served.channel.openFrames(), await served.channel.openFrames()];
  for (const { headers } of frames) await headers;
  expect((await grpcFailureOf(served.channel.unary(getReport, {}))).message).toBe(
    'RESOURCE_EXHAUSTED: 2 calls are under way, the most that are served',
  );
  const [first] = frames;
  first?.end();
  await Array.fromAsync(first ?? []);
  expect((await served.channel.unary(getReport, {})).motd).toBe('here');
  frames[1]?.cancel();
});
