import { constants, type Http2Session, type IncomingHttpHeaders, type ServerHttp2Stream } from 'node:http2';
import { checkMetadata, type Metadata, parseTimeout, readMetadata } from './metadata.ts';
import type { ServerCall } from './service.ts';
import { GrpcError, Status } from './status.ts';
import { startTimer } from './timer.ts';
import { encodeTrailers } from './trailers.ts';

const RESPONSE = {
  ':status': 200,
  'content-type': 'application/grpc',
  'grpc-accept-encoding': 'identity',
} as const;

/** One call on its HTTP/2 stream: headers, the ways it can end, and its trailers. */
export class Http2ServerCall implements ServerCall {
  readonly path: string;
  readonly metadata: Metadata;
  readonly peer: string;
  readonly connection: symbol;
  readonly gone: AbortSignal;
  readonly hangUp: () => void;
  readonly deadline: Date | undefined;
  readonly #stream: ServerHttp2Stream;
  readonly #session: Http2Session | undefined;
  readonly #abort = new AbortController();
  #ended = false;

  constructor(
    stream: ServerHttp2Stream,
    headers: IncomingHttpHeaders,
    { peer, connection, gone, hangUp }: Pick<ServerCall, 'peer' | 'connection' | 'gone' | 'hangUp'>,
  ) {
    this.#stream = stream;
    this.#session = stream.session;
    this.path = headers[':path'] ?? '';
    this.metadata = readMetadata(headers);
    this.peer = peer;
    this.connection = connection;
    this.gone = gone;
    this.hangUp = hangUp;
    const timeout = parseTimeout(String(headers['grpc-timeout'] ?? ''));
    this.deadline = timeout === undefined ? undefined : new Date(Date.now() + timeout);
    const timer = timeout === undefined ? undefined : startTimer(timeout, () => this.#timeOut());
    stream.once('close', () => {
      timer?.[Symbol.dispose]();
      this.#lost();
    });
    stream.on('error', () => undefined); // 'close' follows and says all that matters.
  }

  get signal(): AbortSignal {
    return this.#abort.signal;
  }

  /** True when the status has been sent, or cannot be any more. */
  get ended(): boolean {
    return this.#ended;
  }

  sendHeaders(metadata: Metadata = {}): void {
    if (this.#stream.headersSent || this.#isGone) return;
    this.#stream.respond({ ...checkMetadata(metadata), ...RESPONSE }, { waitForTrailers: true });
  }

  /** Sends the status. Only the first call has an effect. */
  end(error?: GrpcError): void {
    if (this.#ended) return;
    this.#ended = true;
    if (this.#isGone) return;
    const stream = this.#stream;
    const trailers = encodeTrailers(error);
    if (stream.headersSent) {
      stream.once('wantTrailers', () => stream.sendTrailers(trailers));
      stream.end();
    } else {
      stream.respond({ ...RESPONSE, ...trailers }, { endStream: true });
    }
    // What the caller still sends is thrown away. Resetting the stream would be shorter, but a reset overtakes trailers.
    stream.resume();
  }

  /** Ends the call from our side: the handler sees `error` as the reason of its signal, the caller as the status. */
  abort(error: GrpcError): void {
    if (this.#ended) return;
    this.#abort.abort(error);
    this.end(error);
  }

  #timeOut(): void {
    this.abort(new GrpcError(Status.DEADLINE_EXCEEDED, 'the deadline of the caller passed'));
  }

  #lost(): void {
    if (this.#ended) return;
    this.#ended = true;
    const cancelled = this.#stream.rstCode === constants.NGHTTP2_CANCEL && !this.#session?.destroyed;
    this.#abort.abort(
      cancelled
        ? new GrpcError(Status.CANCELLED, 'cancelled by the caller')
        : new GrpcError(Status.UNAVAILABLE, 'the connection of the caller was lost'),
    );
  }

  get #isGone(): boolean {
    return this.#stream.destroyed || this.#stream.closed;
  }
}
