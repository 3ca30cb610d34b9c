import { array, assert, asyncProperty, integer } from 'fast-check';
import { expect, test } from 'vitest';
import { inBlocks } from '../../../src/drivers/qemu/storage/blocks.ts';

const MIB = 2 ** 20;

test('blocks have the bytes of the chunks, wherever those are cut', async () => {
  await assert(
    asyncProperty(array(integer({ min: 0, max: 3 * MIB }), { maxLength: 6 }), async (sizes) => {
      const chunks = sizes.map((size, index) => Buffer.alloc(size, index + 1));
      const blocks: Buffer[] = [];
      // Copied: each lasts only until the next but one.
      for await (const block of inBlocks(each(chunks))) blocks.push(Buffer.from(block));
      expect(Buffer.concat(blocks).equals(Buffer.concat(chunks))).toBe(true);
      expect(blocks.slice(0, -1).every(({ length }) => length === MIB)).toBe(true);
    }),
    { numRuns: 30 },
  );
});

test('a block lasts while the next is filled', async () => {
  const blocks = inBlocks(each([1, 2].map((value) => Buffer.alloc(MIB, value))));
  const first = (await blocks.next()).value as Uint8Array;
  await blocks.next();
  expect(Buffer.from(first).equals(Buffer.alloc(MIB, 1))).toBe(true);
});

async function* each<T>(items: readonly T[]): AsyncGenerator<T> {
  yield* items;
}
