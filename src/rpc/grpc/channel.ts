import { createRequire } from 'node:module';
import type {
  DescMessage,
  DescMethod,
  DescMethodBiDiStreaming,
  DescMethodServerStreaming,
  DescMethodUnary,
  MessageInitShape,
  MessageShape,
} from '@bufbuild/protobuf';
import { parseDuration, raceSignal } from '../../core/index.ts';
import { RouterService } from '../gen/jumpstarter/v1/router_pb.ts';
import { type CallOptions, ClientCall, timedOut } from './client-call.ts';
import { type Decode, decodeWith, type Encode, encodeWith, frameCodec } from './codec.ts';
import { type Connection, openConnection } from './connection.ts';
import type { Frame } from './frame-codec.ts';
import { CONNECT_TIMEOUT } from './limits.ts';
import { checkMetadata, formatTimeout, type Metadata } from './metadata.ts';
import { methodPath } from './service.ts';
import { GrpcError, Status } from './status.ts';
import { type Target, targetHeaders, targetName } from './target.ts';
import { startTimer } from './timer.ts';

/** Both directions of a call under way. Disposing of it cancels the call, if it has not ended. */
export interface BidiCall<I, O> extends AsyncIterable<O>, Disposable {
  /**
   * The response headers. Some servers send them only with their first message: do not wait for them there. Rejects as
   * the call does, if it fails first.
   */
  readonly headers: Promise<Metadata>;
  /** Sends a message, which must not change any more. Resolves when there is room for the next; rejects once the call is over. */
  write(message: I): Promise<void>;
  /** Half-closes: no more messages come from us. */
  end(): void;
  /** Ends the call at once. Whoever still waits for something of it gets `reason`. */
  cancel(reason?: unknown): void;
}

/** A `RouterService.Stream` call. */
export type FrameCall = BidiCall<Frame, Frame>;

/**
 * Calls to one server. Connects with the first call, and again with the next call after the connection was lost; a call
 * is never sent twice. Failures are GrpcErrors; an aborted `signal` rejects with its reason, untouched. Without a call
 * under way a channel does not keep the process alive.
 */
export interface Channel extends AsyncDisposable {
  unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options?: CallOptions,
  ): Promise<MessageShape<O>>;
  /** The call starts with the iteration, and is cancelled when the iteration is left early. */
  serverStream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
    options?: CallOptions,
  ): AsyncIterable<MessageShape<O>>;
  /** Resolves when the request is on its way; the response headers may be far off. */
  openBidi<I extends DescMessage, O extends DescMessage>(
    method: DescMethodBiDiStreaming<I, O>,
    options?: CallOptions,
  ): Promise<BidiCall<MessageInitShape<I>, MessageShape<O>>>;
  /** Opens a `RouterService.Stream` call, whose payloads are not copied on the way. */
  openFrames(options?: CallOptions): Promise<FrameCall>;
  /** Ends every call with UNAVAILABLE and the connection with them. Later calls fail. */
  close(): Promise<void>;
}

/** A channel to `target`. Does nothing yet. */
export function createChannel(target: Target): Channel {
  return new Http2Channel(target);
}

interface Codec<I, O> {
  readonly encode: Encode<I>;
  readonly decode: Decode<O>;
}

class Http2Channel implements Channel {
  readonly #target: Target;
  readonly #closing = new AbortController();
  #connection: Connection | undefined;
  #connecting: Promise<Connection> | undefined;

  constructor(target: Target) {
    this.#target = target;
  }

  async unary<I extends DescMessage, O extends DescMessage>(
    method: DescMethodUnary<I, O>,
    request: MessageInitShape<I>,
    options: CallOptions = {},
  ): Promise<MessageShape<O>> {
    const call = await this.#start(method, protoCodec(method.input, method.output), options);
    void call.write(request);
    call.end();
    const answer = await call.messages.next();
    const end = answer.done ? answer : await call.messages.next();
    if (!answer.done && end.done) return answer.value;
    const wrong = new GrpcError(
      Status.INTERNAL,
      `${methodPath(method)} was answered with ${answer.done ? 'no message' : 'several messages'}`,
    );
    call.cancel(wrong);
    throw wrong;
  }

  async *serverStream<I extends DescMessage, O extends DescMessage>(
    method: DescMethodServerStreaming<I, O>,
    request: MessageInitShape<I>,
    options: CallOptions = {},
  ): AsyncGenerator<MessageShape<O>, void, undefined> {
    const call = await this.#start(method, protoCodec(method.input, method.output), options);
    void call.write(request);
    call.end();
    yield* call.messages;
  }

  async openBidi<I extends DescMessage, O extends DescMessage>(
    method: DescMethodBiDiStreaming<I, O>,
    options: CallOptions = {},
  ): Promise<BidiCall<MessageInitShape<I>, MessageShape<O>>> {
    return bidiCall(await this.#start(method, protoCodec(method.input, method.output), options));
  }

  async openFrames(options: CallOptions = {}): Promise<FrameCall> {
    return bidiCall(await this.#start(RouterService.method.stream, frameCodec, options));
  }

  async close(): Promise<void> {
    this.#closing.abort(
      new GrpcError(Status.UNAVAILABLE, `the channel to ${targetName(this.#target)} is closed`),
    );
    await this.#connecting?.catch(() => undefined);
    await this.#connection?.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #start<I, O>(
    method: DescMethod,
    codec: Codec<I, O>,
    options: CallOptions,
  ): Promise<ClientCall<I, O>> {
    const headers = requestHeaders(this.#target, method, options);
    const connection = this.#connection?.isUsable ? this.#connection : await this.#connect(options);
    options.signal?.throwIfAborted();
    this.#closing.signal.throwIfAborted();
    return new ClientCall(connection.request(headers), connection, codec, options);
  }

  /** A new connection, shared by all calls that wait for it; each waits no longer than it wants to. */
  async #connect({ signal, timeout }: CallOptions): Promise<Connection> {
    this.#closing.signal.throwIfAborted();
    this.#connecting ??= this.#open().finally(() => {
      this.#connecting = undefined;
    });
    const late = new AbortController();
    const milliseconds = timeout === undefined ? undefined : parseDuration(timeout);
    using _ =
      milliseconds === undefined
        ? undefined
        : startTimer(milliseconds, () => late.abort(timedOut(milliseconds)));
    return await raceSignal(this.#connecting, AbortSignal.any([late.signal, ...(signal ? [signal] : [])]));
  }

  async #open(): Promise<Connection> {
    const late = new AbortController();
    const name = targetName(this.#target);
    const onLate = () =>
      late.abort(
        new GrpcError(Status.UNAVAILABLE, `cannot connect to ${name}: no answer within ${CONNECT_TIMEOUT}`),
      );
    using _ = startTimer(parseDuration(CONNECT_TIMEOUT), onLate);
    const signal = AbortSignal.any([late.signal, this.#closing.signal]);
    this.#connection = await raceSignal(openConnection(this.#target, signal), signal);
    return this.#connection;
  }
}

const { name, version } = createRequire(import.meta.url)('../../../package.json') as {
  name: string;
  version: string;
}; // SAFE: ours
const AGENT = `${name}/${version}`;

function requestHeaders(
  target: Target,
  method: DescMethod,
  { metadata = {}, timeout }: CallOptions,
): Record<string, string> {
  return {
    ':method': 'POST',
    ...targetHeaders(target),
    ':path': methodPath(method),
    te: 'trailers',
    'content-type': 'application/grpc',
    'user-agent': AGENT,
    'grpc-accept-encoding': 'identity',
    ...(timeout !== undefined && { 'grpc-timeout': formatTimeout(parseDuration(timeout)) }),
    ...checkMetadata(metadata),
  };
}

function protoCodec<I extends DescMessage, O extends DescMessage>(
  input: I,
  output: O,
): Codec<MessageInitShape<I>, MessageShape<O>> {
  return { encode: encodeWith(input), decode: decodeWith(output) };
}

function bidiCall<I, O>(call: ClientCall<I, O>): BidiCall<I, O> {
  const cancel = (reason: unknown = new GrpcError(Status.CANCELLED, 'cancelled by us')) =>
    call.cancel(reason);
  return {
    headers: call.headers,
    [Symbol.asyncIterator]: () => call.messages,
    write: (message) => call.write(message),
    end: () => call.end(),
    cancel,
    [Symbol.dispose]: () => cancel(),
  };
}
