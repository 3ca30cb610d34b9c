import { createReadStream } from 'node:fs';
import { open } from 'node:fs/promises';
import { checkImageFile } from './check-image.ts';
import { decompressDetected, detectCompression, MAGIC_SIZE } from './decompress.ts';
import { HEADER_SIZE, readImageFacts, requireReasonable } from './image-format.ts';

/**
 * Looks whether the file `path` holds an image that a machine can use, compressed or not; of a compressed one, whether it can be
 * decompressed to its end.
 *
 * @throws ImageError when it does not.
 */
export async function inspectImage(path: string, source: string, signal: AbortSignal): Promise<void> {
  const compressed = detectCompression(await readStart(path)) !== undefined;
  if (!compressed) return void (await checkImageFile(path, source, signal));
  let header = Buffer.alloc(0);
  let size = 0;
  const chunks = createReadStream(path, { highWaterMark: 2 ** 20, signal });
  for await (const chunk of decompressDetected(chunks, source)) {
    signal.throwIfAborted();
    size += chunk.length;
    requireReasonable(size, source);
    if (header.length < HEADER_SIZE) header = Buffer.concat([header, chunk]).subarray(0, HEADER_SIZE);
  }
  readImageFacts(header, size, source);
}

async function readStart(path: string): Promise<Buffer> {
  await using file = await open(path);
  const { buffer, bytesRead } = await file.read(Buffer.alloc(MAGIC_SIZE), 0, MAGIC_SIZE, 0);
  return buffer.subarray(0, bytesRead);
}
