import { type ClientHttp2Stream, constants, type IncomingHttpHeaders } from 'node:http2';
import { addAbortSignal } from 'node:stream';
import { type Duration, formatDuration, parseDuration, type WaitOptions } from '../../core/index.ts';
import type { Decode, Encode } from './codec.ts';
import type { Connection } from './connection.ts';
import { MessageReader } from './message-reader.ts';
import { MessageWriter } from './message-writer.ts';
import { type Metadata, readMetadata } from './metadata.ts';
import { GrpcError, parseStatus, Status } from './status.ts';
import { startTimer } from './timer.ts';
import { decodeMessage } from './trailers.ts';

/** What every call takes: `signal`, `timeout` (sent to the server as well) and request metadata. */
export interface CallOptions extends WaitOptions {
  readonly metadata?: Metadata | undefined;
}

interface Outcome {
  readonly failure?: { readonly reason: unknown };
}

/** One call on its HTTP/2 stream, until it ends in exactly one way. */
export class ClientCall<I, O> {
  /** Response headers. Rejects as the call does, if that comes first. */
  readonly headers: Promise<Metadata>;
  readonly messages: MessageReader<O>;
  readonly #stream: ClientHttp2Stream;
  readonly #connection: Connection;
  readonly #writer: MessageWriter<I>;
  readonly #headers = Promise.withResolvers<Metadata>();
  readonly #cleanup = new DisposableStack();
  /** Status, message and the rest: from the trailers, or from headers that are trailers as well. */
  #trailers: IncomingHttpHeaders | undefined;
  #httpStatus = 200;
  #settled = false;

  constructor(
    stream: ClientHttp2Stream,
    connection: Connection,
    { encode, decode }: { readonly encode: Encode<I>; readonly decode: Decode<O> },
    { signal, timeout }: CallOptions,
  ) {
    this.#stream = stream;
    this.#connection = connection;
    this.#writer = new MessageWriter(stream, encode);
    this.headers = this.#headers.promise;
    this.headers.catch(() => undefined); // Not everyone looks at the headers.
    this.messages = new MessageReader(stream, decode, {
      invalid: (error) => this.cancel(error),
      end: () => this.#trailers && this.#settle(outcomeOf(this.#trailers)),
      returned: () => this.cancel(new GrpcError(Status.CANCELLED, 'the caller stopped reading')),
    });
    stream.once('response', (headers) => this.#onResponse(headers));
    stream.once('trailers', (trailers) => {
      this.#trailers = trailers;
    });
    stream.on('error', () => undefined); // 'close' follows.
    stream.once('close', () =>
      this.#settle(this.#trailers ? outcomeOf(this.#trailers) : failed(this.#withoutStatus())),
    );
    this.#watch(signal, timeout);
  }

  /** Sends a message; resolves when there is room for the next. */
  write(message: I): Promise<void> {
    return this.#writer.write(message);
  }

  /** Tells the server that no more messages come. */
  end(): void {
    this.#writer.flush();
    this.#stream.end();
  }

  /** Ends the call at once; whoever waits for it gets `reason`. Without effect on a call that has ended. */
  cancel(reason: unknown): void {
    if (this.#settled) return;
    this.messages.discard();
    this.#settle(failed(reason));
  }

  #onResponse(headers: IncomingHttpHeaders & { ':status'?: number }): void {
    this.#httpStatus = headers[':status'] ?? 0;
    if (headers['grpc-status'] !== undefined) this.#trailers = headers;
    else if (this.#httpStatus === 200) this.#headers.resolve(readMetadata(headers));
    else this.#settle(failed(fromHttpStatus(this.#httpStatus)));
  }

  #watch(signal: AbortSignal | undefined, timeout: Duration | undefined): void {
    if (timeout !== undefined) {
      const milliseconds = parseDuration(timeout);
      const onTime = () => this.cancel(timedOut(milliseconds));
      this.#cleanup.use(startTimer(milliseconds, onTime));
    }
    if (!signal) return;
    const onAbort = () => this.cancel(signal.reason);
    if (signal.aborted) {
      onAbort();
      return;
    }
    signal.addEventListener('abort', onAbort, { once: true });
    this.#cleanup.defer(() => signal.removeEventListener('abort', onAbort));
  }

  #settle(outcome: Outcome): void {
    if (this.#settled) return;
    this.#settled = true;
    this.#cleanup.dispose();
    this.messages.finish(outcome.failure);
    if (outcome.failure) this.#headers.reject(outcome.failure.reason);
    else this.#headers.resolve({});
    const reason = outcome.failure?.reason;
    this.#writer.close(() => reason ?? new GrpcError(Status.CANCELLED, 'the server has ended the call'));
    // Half a stream costs the server as much as a whole one.
    if (!this.#stream.writableFinished || outcome.failure) this.#reset();
  }

  /** Sends RST_STREAM with CANCEL and nothing else: `close` would half-close first, which looks like a proper end. */
  #reset(): void {
    if (!this.#stream.destroyed) addAbortSignal(AbortSignal.abort(), this.#stream);
  }

  #withoutStatus(): GrpcError {
    return this.#connection.loss ?? fromReset(this.#stream.rstCode, this.#connection.name);
  }
}

/** What a call of ours ends with when its `timeout` is over. */
export function timedOut(milliseconds: number): GrpcError {
  return new GrpcError(Status.DEADLINE_EXCEEDED, `no answer within ${formatDuration(milliseconds)}`);
}

const failed = (reason: unknown): Outcome => ({ failure: { reason } });

function outcomeOf(trailers: IncomingHttpHeaders): Outcome {
  const code = parseStatus(String(trailers['grpc-status'] ?? ''));
  if (code === Status.OK) return {};
  const details = decodeMessage(String(trailers['grpc-message'] ?? ''));
  return failed(new GrpcError(code, details, { metadata: readMetadata(trailers) }));
}

const HTTP_STATUS: Readonly<Record<number, Status>> = {
  400: Status.INTERNAL,
  401: Status.UNAUTHENTICATED,
  403: Status.PERMISSION_DENIED,
  404: Status.UNIMPLEMENTED,
  429: Status.UNAVAILABLE,
  502: Status.UNAVAILABLE,
  503: Status.UNAVAILABLE,
  504: Status.UNAVAILABLE,
};

function fromHttpStatus(status: number): GrpcError {
  return new GrpcError(
    HTTP_STATUS[status] ?? Status.UNKNOWN,
    `the server answered with HTTP status ${status}, not with gRPC`,
  );
}

const RESETS: Readonly<Record<number, Status>> = {
  [constants.NGHTTP2_REFUSED_STREAM]: Status.UNAVAILABLE,
  [constants.NGHTTP2_CANCEL]: Status.CANCELLED,
  [constants.NGHTTP2_ENHANCE_YOUR_CALM]: Status.RESOURCE_EXHAUSTED,
  [constants.NGHTTP2_INADEQUATE_SECURITY]: Status.PERMISSION_DENIED,
};

function fromReset(code: number | undefined, name: string): GrpcError {
  return new GrpcError(
    RESETS[code ?? 0] ?? Status.INTERNAL,
    `${name} ended the call without a status (HTTP/2 code ${code ?? 0})`,
  );
}
