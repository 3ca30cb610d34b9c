import { Readable } from 'node:stream';
import { expect, test } from 'vitest';
import { watchFailure } from '../../src/core/index.ts';

async function* twoThen(error?: Error): AsyncGenerator<string, void> {
  yield 'one';
  yield 'two';
  if (error) throw error;
}

test('chunks pass, and what they fail with is kept', async () => {
  const fine = watchFailure(twoThen());
  expect(await Array.fromAsync(fine.chunks)).toEqual(['one', 'two']);
  expect(fine.failure).toBeUndefined();
  const reason = new Error('unplugged');
  const broken = watchFailure(twoThen(reason));
  await expect(Array.fromAsync(broken.chunks)).rejects.toBe(reason);
  expect(broken.failure).toEqual({ reason });
});

test('what whoever takes them fails with is not theirs', async () => {
  const { promise: closed, resolve } = Promise.withResolvers<void>();
  async function* endless() {
    try {
      for (;;) yield 'more';
    } finally {
      resolve();
    }
  }
  const watched = watchFailure(endless());
  const stream = Readable.from(watched.chunks);
  stream.on('error', () => undefined).once('data', () => stream.destroy(new Error('write EPIPE')));
  await closed;
  expect(watched.failure).toBeUndefined();
});
