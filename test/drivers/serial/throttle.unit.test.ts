import { expect, it } from 'vitest';
import { inTurn, throttled } from '../../../src/drivers/serial/throttle.ts';

const { signal } = new AbortController();

it.each([
  { cps: 10, pieces: ['l', 's', '\r'], pauses: [100, 100, 100] },
  { cps: 0.5, pieces: ['l', 's', '\r'], pauses: [2_000, 2_000, 2_000] },
  { cps: 2_000, pieces: ['ls', '\r'], pauses: [1, 1] },
])('writes $cps characters in a second', async ({ cps, pieces, pauses }) => {
  const written: string[] = [];
  const waited: number[] = [];
  const write = throttled(
    async (chunk) => void written.push(Buffer.from(chunk).toString()),
    cps,
    async (milliseconds) => void waited.push(milliseconds),
  );
  await write(Buffer.from('ls\r'), signal);
  expect(written).toEqual(pieces);
  expect(waited).toEqual(pauses);
});

it('writes no more when the stream is closed meanwhile', async () => {
  const closing = new AbortController();
  const written: string[] = [];
  const write = throttled(
    async (chunk) => void written.push(Buffer.from(chunk).toString()),
    1,
    async () => closing.abort(new Error('closed')),
  );
  await expect(write(Buffer.from('ls'), closing.signal)).rejects.toThrow('closed');
  expect(written).toEqual(['l']);
});

it('lets writers write one after the other, also after one that failed', async () => {
  const written: string[] = [];
  const write = inTurn(async (chunk) => {
    for (const byte of chunk) {
      await Promise.resolve();
      if (byte === 0x78) throw new Error('no x');
      written.push(String.fromCharCode(byte));
    }
  });
  const writes = ['abc', '1x2', 'def'].map((text) => write(Buffer.from(text), signal));
  const outcomes = await Promise.allSettled(writes);
  expect(outcomes.map(({ status }) => status)).toEqual(['fulfilled', 'rejected', 'fulfilled']);
  expect(written.join('')).toBe('abc1def');
});
