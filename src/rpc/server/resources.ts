import { randomUUID } from 'node:crypto';
import type { ZodError } from 'zod';
import { ConfigError, InternalError, UnreachableError } from '../../core/index.ts';
import type { ByteWriter, ContentEncoding, Sink, Source } from '../../interfaces/index.ts';
import { compressedWriter, decompressed } from '../content-encoding.ts';
import { piecesOf, writeChunk } from '../frames.ts';
import { FrameType } from '../gen/jumpstarter/v1/router_pb.ts';
import type { FrameStream } from '../grpc/index.ts';
import { type ClientStreamHandle, ResourceHandle } from '../handles.ts';

/** A stream that a client has opened for the bytes of a call to come. */
export interface OpenResource {
  readonly uuid: string;
  /** Settles when the call is done with it; rejects when the bytes it sent are not the whole. */
  readonly released: Promise<void>;
}

interface Entry extends OpenResource {
  readonly driver: string;
  readonly connection: symbol;
  readonly frames: FrameStream;
  readonly release: (failure?: unknown) => void;
}

/** Who hands over the resources of a call, and to which driver. */
export interface ClaimContext {
  /** The uuid of the driver whose method is called. */
  readonly driver: string;
  readonly peer: { readonly name: string; readonly local: boolean };
  /** The connection on which the call came. */
  readonly connection: symbol;
  /** What is being called, for errors. */
  readonly operation: string;
  /** Gets what gives the resource back, for when the call has ended. */
  readonly onEnd: (release: (failure?: unknown) => void) => void;
}

/** The streams that clients have opened for their calls: each for one driver, and for one call on the same connection. */
export class ResourceStore {
  readonly #entries = new Map<string, Entry>();

  /** Takes note of a stream; it is forgotten when a call claims it, or when the result is disposed of. */
  add(driver: string, connection: symbol, frames: FrameStream): OpenResource & Disposable {
    const uuid = randomUUID();
    const { promise: released, resolve, reject } = Promise.withResolvers<void>();
    released.catch(() => undefined); // The stream may have ended before.
    const release = (failure?: unknown) => (failure === undefined ? resolve() : reject(failure));
    this.#entries.set(uuid, { uuid, driver, connection, frames, released, release });
    return { uuid, released, [Symbol.dispose]: () => void this.#entries.delete(uuid) };
  }

  /** The source that a handle among the arguments of a call stands for. @throws ConfigError */
  claimSource(value: unknown, argument: string, context: ClaimContext): Source {
    const handle = parseHandle(value, argument, context, 'GET');
    if (handle.kind === 'presigned_request') return { kind: 'url', url: handle.url, headers: handle.headers };
    if (handle.kind === 'local_path') return handle;
    const { frames, release } = this.#claim(handle, argument, context);
    context.onEnd(() => release());
    const chunks = uploadedChunks(frames, context);
    const encoding = handle.x_jmp_content_encoding;
    return { kind: 'stream', chunks: encoding ? decompressed(chunks, encoding) : chunks };
  }

  /** The sink that a handle among the arguments of a call stands for. @throws ConfigError */
  claimSink(value: unknown, argument: string, context: ClaimContext): Sink {
    const handle = parseHandle(value, argument, context, 'PUT');
    if (handle.kind === 'presigned_request') return { kind: 'url', url: handle.url, headers: handle.headers };
    if (handle.kind === 'local_path')
      throw invalid(argument, 'a file of this host cannot be written to', context);
    const { frames, release } = this.#claim(handle, argument, context);
    const writer = downloadWriter(frames, release);
    const unfinished = `${context.operation}: the driver ended without closing ${argument}`;
    context.onEnd(
      (failure) => void writer.abort(failure ?? new InternalError(unfinished, { incident: 'none' })),
    );
    return { kind: 'stream', writer: encodedWriter(writer, handle.x_jmp_content_encoding) };
  }

  #claim({ uuid }: ClientStreamHandle, argument: string, context: ClaimContext): Entry {
    const entry = this.#entries.get(uuid.toLowerCase());
    if (entry?.driver !== context.driver || entry.connection !== context.connection) {
      throw invalid(
        argument,
        `there is no open stream ${uuid} for this driver (each serves one call, on its own connection)`,
        context,
      );
    }
    this.#entries.delete(entry.uuid);
    return entry;
  }
}

function parseHandle(
  value: unknown,
  argument: string,
  context: ClaimContext,
  method: 'GET' | 'PUT',
): ResourceHandle {
  const parsed = ResourceHandle.safeParse(value);
  const allowed = `allowed: a handle of kind client_stream, or presigned_request with method ${method}`;
  // Not quoted: it may hold a signed address, or a password among its headers.
  if (!parsed.success) throw invalid(argument, `${issuesOf(parsed.error)}; ${allowed}`, context);
  const handle = parsed.data;
  if (handle.kind === 'presigned_request' && handle.method !== method) {
    throw invalid(argument, `got a presigned_request with method ${handle.method}; ${allowed}`, context);
  }
  if (handle.kind === 'local_path' && !context.peer.local) {
    throw invalid(
      argument,
      `paths are taken from within the exporter's own process only; ${allowed}`,
      context,
    );
  }
  return handle;
}

const issuesOf = ({ issues }: ZodError) =>
  issues.map(({ path, message }) => [...path, message].join(': ')).join(', ');

/**
 * What the client sends, until it says GOAWAY: that this was all. Any other end is an error. A bare half-close does not
 * count, because HTTP/2 stacks half-close a stream that they are about to reset.
 */
async function* uploadedChunks(frames: FrameStream, context: ClaimContext): AsyncGenerator<Uint8Array> {
  const iterator = frames[Symbol.asyncIterator]();
  for (;;) {
    const next = await iterator.next().catch((cause: unknown) => {
      throw brokenOff(context, cause);
    });
    if (next.done) throw brokenOff(context);
    const { type } = next.value;
    if (type === FrameType.GOAWAY) return;
    if (type === FrameType.DATA) yield* piecesOf(next.value);
  }
}

function brokenOff({ peer, operation }: ClaimContext, cause?: unknown): UnreachableError {
  const message = `${operation}: the upload broke off: ${peer.name} went away before it had sent everything`;
  return new UnreachableError(message, { target: peer.name }, { operation, cause });
}

function downloadWriter(frames: FrameStream, release: (failure?: unknown) => void): ByteWriter {
  return {
    write: (chunk) => writeChunk(frames, chunk),
    close: async () => release(),
    abort: async (reason) => release(reason),
  };
}

const encodedWriter = (writer: ByteWriter, encoding: ContentEncoding | null | undefined) =>
  encoding ? compressedWriter(writer, encoding) : writer;

function invalid(argument: string, problem: string, { operation }: ClaimContext): ConfigError {
  const issues = [{ path: argument, message: problem }];
  return new ConfigError(`${operation}: argument ${argument}: ${problem}`, { issues }, { operation });
}
