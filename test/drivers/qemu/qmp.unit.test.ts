import { Duplex, PassThrough } from 'node:stream';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { EventFanout } from '../../../src/drivers/qemu/machine/event-fanout.ts';
import { LineSplitter } from '../../../src/drivers/qemu/machine/line-splitter.ts';
import { openQmp } from '../../../src/drivers/qemu/machine/qmp.ts';
import { parseQmpMessage } from '../../../src/drivers/qemu/machine/qmp-message.ts';

const GREETING = { QMP: { version: { qemu: { major: 8, minor: 0, micro: 2 } }, capabilities: [] } };

/** A peer that answers each line with what `answer` makes of it. */
function peer(answer: (message: { execute: string; id: number }) => object[]) {
  const toUs = new PassThrough();
  const fromUs = new PassThrough();
  const say = (message: object) => toUs.write(`${JSON.stringify(message)}\r\n`);
  fromUs.setEncoding('utf8').on('data', (text: string) => {
    for (const line of text.trim().split('\n')) answer(JSON.parse(line)).forEach(say);
  });
  say(GREETING);
  return { say, end: () => toUs.destroy(), connection: Duplex.from({ readable: toUs, writable: fromUs }) };
}

test('lines come out whole, however they were cut', () => {
  fc.assert(
    fc.property(
      fc.array(fc.string({ unit: 'grapheme', minLength: 1 })),
      fc.integer({ min: 1, max: 7 }),
      (texts, size) => {
        const lines = texts.map((text) => JSON.stringify(text));
        const bytes = Buffer.from(lines.map((line) => `${line}\r\n`).join(''));
        const splitter = new LineSplitter();
        const seen: string[] = [];
        for (let at = 0; at < bytes.length; at += size)
          seen.push(...splitter.push(bytes.subarray(at, at + size)));
        expect(seen.map((line) => line.trim())).toEqual(lines);
      },
    ),
  );
});

test('a line without an end is refused before it takes all memory', () => {
  const splitter = new LineSplitter();
  const megabyte = Buffer.alloc(2 ** 20, 'x');
  const flood = () => {
    for (let count = 0; count < 17; count++) splitter.push(megabyte);
  };
  expect(flood).toThrow('QEMU sent a line without an end');
});

test.for([
  [GREETING, { kind: 'greeting', version: '8.0.2' }],
  [
    { return: {}, id: 1 },
    { kind: 'return', id: 1, value: {} },
  ],
  [
    { error: { class: 'GenericError', desc: 'no' }, id: 2 },
    { kind: 'refusal', id: 2, error: { class: 'GenericError', desc: 'no' } },
  ],
  [
    { event: 'RESET', timestamp: { seconds: 1, microseconds: 500_000 }, data: { guest: true } },
    { kind: 'event', event: { event: 'RESET', time: '1970-01-01T00:00:01.500Z', data: { guest: true } } },
  ],
  [
    { event: 'STOP', timestamp: { seconds: 1, microseconds: 0 } },
    { kind: 'event', event: { event: 'STOP', time: '1970-01-01T00:00:01.000Z', data: {} } },
  ],
])('reads %j', ([message, expected]) => {
  expect(parseQmpMessage(JSON.stringify(message))).toEqual(expected);
});

test.for(['', 'hello', '42', '{}', '{"return":{}}', '{"event":7}'])('does not take %j for QMP', (line) => {
  expect(() => parseQmpMessage(line)).toThrow(expect.objectContaining({ code: 'protocol', answer: line }));
});

test('overlapping commands get their own answers, and events come before later answers', async () => {
  const order: string[] = [];
  const { connection } = peer(({ execute, id }) => [
    ...(execute === 'two' ? [{ event: 'E', timestamp: { seconds: 0, microseconds: 0 } }] : []),
    { return: execute, id },
  ]);
  using qmp = await openQmp(connection, { onEvent: ({ event }) => order.push(event) });
  const one = qmp.execute('one').then((value) => order.push(String(value)));
  const two = qmp.execute('two').then((value) => order.push(String(value)));
  await Promise.all([one, two]);
  expect(order).toEqual(expect.arrayContaining(['one', 'E', 'two']));
  expect(order.indexOf('E')).toBeLessThan(order.indexOf('two'));
});

test('what is refused is an error of the device, in its own words', async () => {
  const { connection } = peer(({ execute, id }) => [
    execute === 'stop' ? { error: { class: 'GenericError', desc: 'not now' }, id } : { return: {}, id },
  ]);
  using qmp = await openQmp(connection);
  await expect(qmp.execute('stop')).rejects.toMatchObject({
    code: 'device',
    event: 'GenericError',
    message: 'QEMU refused stop: not now',
  });
});

test('a peer that hangs up ends every command that waits, and every later one', async () => {
  const { connection, end } = peer(({ execute, id }) => (execute === 'wait' ? [] : [{ return: {}, id }]));
  using qmp = await openQmp(connection);
  const waiting = qmp.execute('wait');
  end();
  await expect(waiting).rejects.toMatchObject({ code: 'device' });
  await expect(qmp.execute('wait')).rejects.toMatchObject({ code: 'device' });
  expect(await qmp.closed).toMatchObject({ code: 'device' });
});

test('a caller that gives up gets its own reason, and its late answer harms nobody', async () => {
  let late: (() => void) | undefined;
  const { connection, say } = peer(({ execute, id }) => {
    if (execute !== 'slow') return [{ return: execute, id }];
    late = () => say({ return: {}, id });
    return [];
  });
  using qmp = await openQmp(connection);
  const controller = new AbortController();
  const slow = qmp.execute('slow', {}, { signal: controller.signal });
  const reason = new Error('enough');
  controller.abort(reason);
  await expect(slow).rejects.toBe(reason);
  late?.();
  expect(await qmp.execute('next')).toBe('next');
});

test('an event reaches every subscriber; one that falls behind is told what it missed', async () => {
  const fanout = new EventFanout<number>((count) => -count);
  const { signal } = new AbortController();
  const [one, two] = [fanout.subscribe(signal), fanout.subscribe(signal)];
  for (let item = 0; item < 1_005; item++) fanout.publish(item);
  fanout.end();
  const all = await Array.fromAsync(one);
  expect(all.slice(0, 2)).toEqual([-5, 5]);
  expect(all.at(-1)).toBe(1_004);
  expect(await Array.fromAsync(two)).toEqual(all);
});

test('a subscription ends with its signal, also while it waits', async () => {
  const fanout = new EventFanout<number>((count) => -count);
  const controller = new AbortController();
  const waiting = Array.fromAsync(fanout.subscribe(controller.signal));
  const reason = new Error('enough');
  controller.abort(reason);
  await expect(waiting).rejects.toBe(reason);
});
