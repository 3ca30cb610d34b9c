import { expect, it } from 'vitest';
import type { Line, OpenPort } from '../../../src/drivers/serial/port.ts';
import { SharedPort } from '../../../src/drivers/serial/shared-port.ts';
import { byteChannelPair } from '../../../src/drivers/std/index.ts';
import type { ByteChannel } from '../../../src/interfaces/index.ts';
import { readAll, readUntil } from '../open-driver.ts';

const { signal } = new AbortController();

/** A port of which the test has the other end. */
function testPort() {
  const devices: ByteChannel[] = [];
  const events: string[] = [];
  const open = async (): Promise<OpenPort> => {
    const [ours, device] = byteChannelPair();
    devices.push(device);
    events.push('open');
    return {
      write: (chunk) => ours.write(chunk),
      end: async () => undefined,
      [Symbol.asyncIterator]: () => ours[Symbol.asyncIterator](),
      set: async (line: Line, value: boolean) => void events.push(`${line} ${value}`),
      [Symbol.asyncDispose]: async () => {
        events.push('close');
        await ours[Symbol.asyncDispose]();
      },
    };
  };
  const port = new SharedPort({ name: 'the port', open, pace: (write) => write });
  const say = (text: string) => devices.at(-1)?.write(Buffer.from(text));
  return { port, events, say, devices };
}

it('is opened once for all streams, which read the same, and closed after the last', async () => {
  const { port, events, say, devices } = testPort();
  const streams = await Promise.all([port.connect(signal), port.connect(signal)]);
  await say('to both');
  await Promise.all(streams.map((stream) => readUntil(stream, 'to both')));
  await Promise.all(streams.map((stream) => stream.write(Buffer.from('.'))));
  const [device] = devices;
  expect(events).toEqual(['open']);
  await streams[0]?.[Symbol.asyncDispose]();
  await streams[0]?.[Symbol.asyncDispose]();
  expect(events).toEqual(['open']);
  await streams[1]?.[Symbol.asyncDispose]();
  expect(events).toEqual(['open', 'close']);
  expect(device && (await readAll(device))).toBe('..');
});

it('ends every stream when it is closed, and is opened again for the next', async () => {
  const { port, events, say } = testPort();
  const first = await port.connect(signal);
  const reading = readAll(first);
  await port.close();
  expect(await reading).toBe('');
  await expect(first.write(Buffer.from('more'))).rejects.toMatchObject({
    code: 'state',
    message: 'the port: the port was closed',
  });
  await using second = await port.connect(signal);
  await first[Symbol.asyncDispose]();
  await say('still here');
  await readUntil(second, 'still here');
  expect(events).toEqual(['open', 'close', 'open']);
});

it('sets a line of the port that is open, or opens it for that', async () => {
  const { port, events } = testPort();
  await port.set('dtr', false, signal);
  expect(events).toEqual(['open', 'dtr false', 'close']);
  await using _stream = await port.connect(signal);
  await port.set('rts', true, signal);
  expect(events).toEqual(['open', 'dtr false', 'close', 'open', 'rts true']);
});

it('is opened again after it has ended by itself', async () => {
  const { port, events, devices, say } = testPort();
  await using first = await port.connect(signal);
  await devices[0]?.end();
  expect(await readAll(first)).toBe('');
  await using second = await port.connect(signal);
  await say('back');
  await readUntil(second, 'back');
  expect(events).toEqual(['open', 'close', 'open']);
});

it('is not held by a caller who gave up while it was opened', async () => {
  const opening = Promise.withResolvers<never>();
  const abandoned = Promise.withResolvers<unknown>();
  const port = new SharedPort({
    name: 'the port',
    open: (given) => {
      given.addEventListener('abort', () => {
        abandoned.resolve(given.reason);
        opening.reject(given.reason);
      });
      return opening.promise;
    },
    pace: (write) => write,
  });
  const caller = new AbortController();
  const reason = new Error('enough');
  const stream = port.connect(caller.signal);
  await Promise.resolve();
  caller.abort(reason);
  await expect(stream).rejects.toBe(reason);
  expect(await abandoned.promise).toMatchObject({ code: 'state' });
});

it('is read no faster than the fastest reader reads, and leaves behind who sleeps', async () => {
  const { port, devices } = testPort();
  await using quick = await port.connect(signal);
  await using asleep = await port.connect(signal);
  let sent = 0;
  const sending = (async () => {
    for (; sent < 64; sent += 1) await devices[0]?.write(Buffer.alloc(64 * 1024, sent));
    await devices[0]?.end();
  })();
  let read = 0;
  for await (const chunk of quick) {
    if (read === 0) expect(sent).toBeLessThan(8);
    read += chunk.length;
  }
  await sending;
  expect(read).toBe(64 * 64 * 1024);
  await expect(readAll(asleep)).rejects.toMatchObject({
    code: 'state',
    message: expect.stringMatching(/^the port: this reader is \d+ bytes behind others$/),
  });
});
