import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, stat } from 'node:fs/promises';
import { resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ConfigError, NotFoundError, type OnProgress, scanFile } from '../core/index.ts';
import { type Digests, verified } from '../download/index.ts';
import type { Source } from '../interfaces/index.ts';
import type { Image } from './image.ts';
import { inspectOperatorImage, type OperatorImage } from './operator-image.ts';

/** What can be flashed: the path of a file, a URL that the exporter fetches, bytes, chunks of bytes, or what opendal reaches. */
export type ImageInput = string | URL | Uint8Array | AsyncIterable<Uint8Array> | OperatorImage;

/**
 * Looks at `input`.
 *
 * @param to Whether the exporter is of this process, and what is being done.
 * @throws NotFoundError or ConfigError when it is no file that can be read; as `inspectOperatorImage`.
 */
export async function inspectImage(
  input: ImageInput,
  to: { readonly local: boolean; readonly operation: string },
): Promise<Image> {
  const { operation } = to;
  if (typeof input === 'object' && 'operator' in input) return await inspectOperatorImage(input, to);
  if (input instanceof Uint8Array) return { kind: 'chunks', chunks: oneChunk(input), size: input.length };
  if (typeof input === 'object' && Symbol.asyncIterator in input)
    return { kind: 'chunks', chunks: input, size: null };
  const text = String(input);
  if (/^https?:\/\//i.test(text)) return { kind: 'url', url: text };
  const path = resolve(input instanceof URL ? fileURLToPath(input) : text);
  const found = await stat(path).catch((error: NodeJS.ErrnoException) => {
    throw new NotFoundError(
      `${operation}: there is no file ${path} (${error.code})`,
      { what: 'image file', missing: path, known: [] },
      { operation, cause: error },
    );
  });
  if (found.isFile()) return { kind: 'file', path, size: found.size };
  const message = `got ${JSON.stringify(path)}, which is ${found.isDirectory() ? 'a folder' : 'no regular file'}; expected an image file`;
  throw new ConfigError(
    `${operation}: source: ${message}`,
    { issues: [{ path: 'source', message }] },
    { operation },
  );
}

/** The image as a stream to send, with what is known of its size. */
export function streamImage(image: Extract<Image, { kind: 'file' | 'chunks' }>): Source & { kind: 'stream' } {
  // 1 MiB reads: fewer trips through the thread pool than the default of 64 KiB.
  const chunks =
    image.kind === 'file' ? createReadStream(image.path, { highWaterMark: 1024 * 1024 }) : image.chunks;
  return { kind: 'stream', chunks };
}

/** The SHA-256 of a file, as hexadecimal digits. @throws ImageError when the file is not what is expected. */
export async function hashFile(
  { path, size }: Extract<Image, { kind: 'file' }>,
  expected: Digests,
  onProgress: OnProgress | undefined,
  signal: AbortSignal,
): Promise<string> {
  const hash = createHash('sha256');
  await using file = await open(path);
  const counted = countBytes(scanFile(file, signal), 'checksum', size, onProgress);
  for await (const chunk of verified(counted, expected, path)) hash.update(chunk);
  return hash.digest('hex');
}

/** Passes chunks on and tells how many bytes have gone by. */
export async function* countBytes(
  chunks: AsyncIterable<Uint8Array>,
  phase: string,
  total: number | null,
  onProgress: OnProgress | undefined,
): AsyncGenerator<Uint8Array, void> {
  const start = performance.now();
  let bytes = 0;
  for await (const chunk of chunks) {
    yield chunk;
    bytes += chunk.length;
    onProgress?.({ phase, bytes, total, rate: rateOf(bytes, start) });
  }
}

/** Bytes per second since `start`, a time of `performance.now()`. */
export function rateOf(bytes: number, start: number): number {
  return bytes / Math.max(0.001, (performance.now() - start) / 1_000);
}

async function* oneChunk(bytes: Uint8Array): AsyncGenerator<Uint8Array, void> {
  yield bytes;
}
