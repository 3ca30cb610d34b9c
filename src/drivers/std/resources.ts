import { createReadStream } from 'node:fs';
import { ImageError } from '../../core/index.ts';
import { openDownload, upload } from '../../download/index.ts';
import type { Sink, Source } from '../../interfaces/index.ts';

/** The bytes of a source, wherever they come from. */
export function readSource(source: Source, signal: AbortSignal): AsyncIterable<Uint8Array> {
  switch (source.kind) {
    case 'stream':
      return source.chunks;
    case 'url':
      return download(source.url, source.headers ?? {}, signal);
    case 'local_path':
      return readLocal(source.path, signal);
  }
}

/** Fills a sink: it is complete once this resolves, and the sink knows that it never will be when this rejects. */
export async function writeSink(
  sink: Sink,
  chunks: AsyncIterable<Uint8Array>,
  signal: AbortSignal,
): Promise<void> {
  if (sink.kind === 'url') return upload(sink.url, chunks, { headers: sink.headers, signal });
  try {
    for await (const chunk of chunks) {
      signal.throwIfAborted();
      await sink.writer.write(chunk);
    }
    await sink.writer.close();
  } catch (reason) {
    await sink.writer.abort(reason);
    throw reason;
  }
}

async function* download(
  url: string,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): AsyncGenerator<Uint8Array> {
  await using download = await openDownload(url, { headers, signal });
  yield* download.chunks;
}

async function* readLocal(path: string, signal: AbortSignal): AsyncGenerator<Uint8Array> {
  try {
    const chunks: AsyncIterable<Uint8Array> = createReadStream(path, { signal });
    yield* chunks;
  } catch (cause) {
    signal.throwIfAborted();
    const reason = (cause as Error).message; // SAFE: streams fail with errors
    throw new ImageError(`cannot read ${path}: ${reason}`, { reason, source: path }, { cause });
  }
}
