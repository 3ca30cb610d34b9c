/** Each costs a trip through a thread of the pool: fewer and larger ones are faster, up to about here. */
const BLOCK = 2 ** 20;

/**
 * The same bytes in blocks of 1 MiB, the last as it comes out: networks bring them in thousands of small chunks. Two pieces of
 * memory take turns, so that the garbage collector has nothing to do: a block lasts until the next but one is asked for.
 */
export async function* inBlocks(chunks: AsyncIterable<Uint8Array>): AsyncGenerator<Uint8Array> {
  let block = Buffer.allocUnsafeSlow(BLOCK);
  let other = Buffer.allocUnsafeSlow(BLOCK);
  let filled = 0;
  for await (const chunk of chunks) {
    for (let at = 0; at < chunk.length; ) {
      const part = chunk.subarray(at, at + BLOCK - filled);
      block.set(part, filled);
      filled += part.length;
      at += part.length;
      if (filled < BLOCK) continue;
      yield block;
      [block, other] = [other, block];
      filled = 0;
    }
  }
  if (filled > 0) yield block.subarray(0, filled);
}
