import { once } from 'node:events';
import type { Writable } from 'node:stream';

/** Writes all of `chunks` to `stream`, no faster than it takes them. */
export async function copyTo(stream: Writable, chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const chunk of chunks) await writeTo(stream, chunk);
}

/** Writes one chunk; resolves when `stream` takes more. */
export async function writeTo(stream: Writable, chunk: Uint8Array): Promise<void> {
  if (!stream.write(chunk)) await once(stream, 'drain');
}

/** What stdin has to say, to its end. */
export function stdinChunks(): AsyncIterable<Uint8Array> {
  return process.stdin.iterator({ destroyOnReturn: false });
}
