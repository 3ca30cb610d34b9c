import type { FileHandle } from 'node:fs/promises';

const BLOCK = 2 ** 20;

/**
 * The bytes of an open file from its beginning, for those who only look at them: each chunk lasts until the next is asked for.
 * One piece of memory for the whole file, where one for each chunk would keep the garbage collector busy.
 */
export async function* scanFile(file: FileHandle, signal: AbortSignal): AsyncGenerator<Uint8Array, void> {
  const block = Buffer.allocUnsafeSlow(BLOCK);
  for (let position = 0; ; ) {
    signal.throwIfAborted();
    const { bytesRead } = await file.read(block, 0, BLOCK, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield block.subarray(0, bytesRead);
  }
}
