import { describe, expect, test } from 'vitest';
import { GOAWAY } from '../../src/rpc/frames.ts';
import { ExporterService } from '../../src/rpc/gen/jumpstarter/v1/jumpstarter_pb.ts';
import { createChannel } from '../../src/rpc/grpc/index.ts';
import { data } from '../rpc/grpc-fixture.ts';
import { startVictim } from './victim.ts';

/** Longer than it takes on the slowest of hosts. */
const TIMEOUT = 300_000;

const CALLS = 10_000;
/** MiB that the exporter may ever have needed; docs/limits.md says so. */
const MOST = 700;

describe('ten thousand calls in flight', () => {
  test('on one connection are all answered: those that are too many wait at the client', {
    timeout: TIMEOUT,
  }, async () => {
    await using victim = await startVictim();
    await using channel = createChannel({ path: victim.place.socket });
    const { uuid = '' } = victim.root.children.get('vm') ?? {};
    const calls = Array.from({ length: CALLS }, async () => {
      const request = { uuid, method: 'get_hostname' };
      const { result } = await channel.unary(ExporterService.method.driverCall, request);
      return result?.kind.value;
    });
    await victim.checkHonest();
    const answers = await Promise.all(calls);
    expect(answers.filter((answer) => answer === 'fake')).toHaveLength(CALLS);
    expect(victim.complaints()).toBe('');
    expect(await victim.peak()).toBeLessThan(MOST);
  });

  test('that all wait for something at the same time are all answered', { timeout: TIMEOUT }, async () => {
    await using victim = await startVictim();
    await using stack = new AsyncDisposableStack();
    const { uuid = '' } = victim.root.children.get('net') ?? {};
    const request = JSON.stringify({ kind: 'driver', uuid, method: 'connect' });
    // As many as a connection may have at a time, on as many connections as that takes.
    const channels = Array.from({ length: 40 }, () =>
      stack.use(createChannel({ path: victim.place.socket })),
    );
    const opened = channels.flatMap((channel) =>
      Array.from({ length: CALLS / 40 }, async (_, index) => {
        const frames = await channel.openFrames({ metadata: { request } });
        await frames.headers;
        return { frames, index };
      }),
    );
    const streams = await Promise.all(opened);
    await victim.checkNewcomers();
    const echoed = await Promise.all(
      streams.map(async ({ frames, index }) => {
        await frames.write(data(`${index}`));
        await frames.write(GOAWAY);
        let text = '';
        for await (const { payload } of frames) text += Buffer.from(payload).toString();
        return text === `${index}`;
      }),
    );
    expect(echoed.filter(Boolean)).toHaveLength(CALLS);
    expect(victim.complaints()).toBe('');
    expect(await victim.peak()).toBeLessThan(MOST);
  });
});
