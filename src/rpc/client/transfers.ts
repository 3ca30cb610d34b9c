import type { JsonValue } from '@bufbuild/protobuf';
import { ProtocolError, UnreachableError } from '../../core/index.ts';
import type { ByteWriter, ContentEncoding, Sink, Source } from '../../interfaces/index.ts';
import { compressedWriter, decompressed } from '../content-encoding.ts';
import { ChunkReader, GOAWAY, writeChunk } from '../frames.ts';
import type { FrameCall, Metadata } from '../grpc/index.ts';
import { ClientStreamHandle } from '../handles.ts';
import { Key } from '../wire.ts';
import type { Callee } from './callee.ts';

/** The bytes that go along with one argument of a call. */
export interface Transfer extends AsyncDisposable {
  /** What stands for them among the arguments. */
  readonly handle: JsonValue;
  /** Rejects when our own side fails: the call is of no use then. Otherwise it does not settle before `finish`. */
  readonly failed: Promise<never>;
  /** To be called when the call has answered: resolves when all has arrived. */
  finish(): Promise<void>;
}

const NEVER = new Promise<never>(() => undefined);

/** Hands over a source: by its address, by its path, or by sending its bytes. */
export async function openSource(callee: Callee, source: Source, signal: AbortSignal): Promise<Transfer> {
  if (source.kind === 'local_path') return byHandle({ kind: 'local_path', path: source.path });
  if (source.kind === 'url') return byHandle(presigned(source, 'GET'));
  const opened = await openResource(callee, source.contentEncoding, signal);
  const encoding = source.contentEncoding;
  const chunks = encoding && !opened.peerDecodes ? decompressed(source.chunks, encoding) : source.chunks;
  return upload(opened.frames, opened.handle, chunks, callee);
}

/** Hands over a sink: by its address, or by taking the bytes that come. */
export async function openSink(callee: Callee, sink: Sink, signal: AbortSignal): Promise<Transfer> {
  if (sink.kind === 'url') return byHandle(presigned(sink, 'PUT'));
  const opened = await openResource(callee, sink.contentEncoding, signal);
  const encoding = sink.contentEncoding;
  const writer = encoding && !opened.peerDecodes ? compressedWriter(sink.writer, encoding) : sink.writer;
  return download(opened.frames, opened.handle, writer, callee);
}

function byHandle(handle: JsonValue): Transfer {
  return {
    handle,
    failed: NEVER,
    finish: async () => undefined,
    [Symbol.asyncDispose]: async () => undefined,
  };
}

function presigned(
  {
    url,
    headers = {},
  }: { readonly url: string; readonly headers?: Readonly<Record<string, string>> | undefined },
  method: 'GET' | 'PUT',
): JsonValue {
  return { kind: 'presigned_request', headers: { ...headers }, url, method };
}

interface OpenResource {
  readonly frames: FrameCall;
  readonly handle: ClientStreamHandle;
  /** Whether the exporter takes the bytes as they are encoded. */
  readonly peerDecodes: boolean;
}

async function openResource(
  { link, node, operation }: Callee,
  encoding: ContentEncoding | undefined,
  signal: AbortSignal,
): Promise<OpenResource> {
  const request = { kind: 'resource', uuid: node.uuid, x_jmp_content_encoding: encoding ?? null };
  // The signal counts until the stream is open. Later on the call has to be cancelled before it: stock exporters take a
  // cancelled upload for a finished one.
  const opening = new AbortController();
  const onAbort = () => opening.abort(signal.reason);
  signal.throwIfAborted();
  signal.addEventListener('abort', onAbort, { once: true });
  const { frames, headers } = await link
    .openFrames(operation, request, { signal: opening.signal }, node)
    .finally(() => signal.removeEventListener('abort', onAbort));
  try {
    // Stock exporters send the second key empty where they mean none; the handle says what they will do.
    const handle = readHandle(headers, link.name, operation);
    return {
      frames,
      handle,
      peerDecodes: handle.x_jmp_content_encoding === encoding && Key.acceptEncoding in headers,
    };
  } catch (error) {
    frames.cancel();
    throw error;
  }
}

function readHandle(headers: Metadata, peer: string, operation: string): ClientStreamHandle {
  const text = headers[Key.resource] ?? '';
  try {
    return ClientStreamHandle.parse(JSON.parse(text));
  } catch (cause) {
    const message = `${operation}: ${peer} opened a stream for bytes without saying which: ${JSON.stringify(text)}`;
    throw new ProtocolError(message, { peer, answer: text }, { operation, cause });
  }
}

function upload(
  frames: FrameCall,
  handle: JsonValue & object,
  chunks: AsyncIterable<Uint8Array>,
  { link, operation }: Callee,
): Transfer {
  const { promise: failed, reject: fail } = failure();
  const iterator = chunks[Symbol.asyncIterator]();
  let sent = false;
  const sending = (async () => {
    for (let chunk = await nextOf(iterator, fail); chunk; chunk = await nextOf(iterator, fail)) {
      await writeChunk(frames, chunk);
    }
    await frames.write(GOAWAY);
    frames.end();
    sent = true;
  })().catch(() => undefined); // The stream ended before; `answered` knows how.
  // The exporter says GOAWAY when the driver wants no more. Anything else that ends the stream is a break.
  const answered = new ChunkReader(frames).next().then(
    () => undefined,
    (cause: unknown) => ({ cause }),
  );
  return {
    handle,
    failed,
    finish: async () => {
      await Promise.race([answered, sending]);
      const broken = sent ? undefined : await answered;
      if (!broken) return;
      const message = `${operation}: the upload broke off before everything was sent`;
      throw new UnreachableError(message, { target: link.name }, { operation, cause: broken.cause });
    },
    [Symbol.asyncDispose]: async () => {
      frames.cancel();
      // Not awaited: a source that is waiting for its own input ends when that comes.
      if (!sent) iterator.return?.().catch(() => undefined);
    },
  };
}

/** The next chunk; undefined at the end. When the source fails, `fail` is told and nothing comes any more. */
async function nextOf(
  iterator: AsyncIterator<Uint8Array>,
  fail: (reason: unknown) => void,
): Promise<Uint8Array | undefined> {
  try {
    const next = await iterator.next();
    return next.done ? undefined : next.value;
  } catch (reason) {
    fail(reason);
    return await NEVER;
  }
}

function download(
  frames: FrameCall,
  handle: JsonValue & object,
  writer: ByteWriter,
  { link, node, operation }: Callee,
): Transfer {
  const { promise: failed, reject: fail } = failure();
  const receiving = (async () => {
    const reader = new ChunkReader(frames);
    for (let chunk = await reader.next(); chunk; chunk = await reader.next()) {
      await writer.write(chunk).catch((reason: unknown) => {
        fail(reason);
        return NEVER;
      });
    }
  })();
  receiving.catch(() => undefined); // `finish` tells.
  void sayEnd(frames);
  let complete = false;
  return {
    handle,
    failed,
    finish: async () => {
      await Promise.race([receiving, failed]).catch((error: unknown) => {
        throw link.translate(error, operation, node);
      });
      await writer.close();
      complete = true;
    },
    [Symbol.asyncDispose]: async () => {
      frames.cancel();
      if (complete) return;
      await writer.abort(
        new UnreachableError(`${operation}: not everything has arrived`, { target: link.name }),
      );
    },
  };
}

/** A promise for what goes wrong on our side; it may do so when nobody waits any more. */
function failure(): PromiseWithResolvers<never> {
  const resolvers = Promise.withResolvers<never>();
  resolvers.promise.catch(() => undefined);
  return resolvers;
}

/** We have nothing to send on a download. */
async function sayEnd(frames: FrameCall): Promise<void> {
  await frames.write(GOAWAY).catch(() => undefined);
  frames.end();
}
