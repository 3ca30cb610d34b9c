import type { DescMessage, DescMethod, MessageInitShape, MessageShape } from '@bufbuild/protobuf';
import type { GenService, GenServiceMethods } from '@bufbuild/protobuf/codegenv2';
import { type StreamRequest, StreamRequestSchema } from '../gen/jumpstarter/v1/router_pb.ts';
import type { Frame } from './frame-codec.ts';
import type { Metadata } from './metadata.ts';

/** What a handler knows about the call it serves. */
export interface ServerCall {
  /** `/jumpstarter.v1.ExporterService/DriverCall`. */
  readonly path: string;
  readonly metadata: Metadata;
  /** Who calls, for people: `unix socket, connection 3`, `127.0.0.1:4711`, or what `accept` was given. */
  readonly peer: string;
  /** The same for all calls on one connection, and for no others. */
  readonly connection: symbol;
  /** Aborts when the connection has ended, also long after the call. */
  readonly gone: AbortSignal;
  /** When the caller stops waiting, if it said so. */
  readonly deadline: Date | undefined;
  /**
   * Aborts when nobody waits for the answer any more. Its reason is a GrpcError: CANCELLED when the caller cancelled,
   * UNAVAILABLE when the connection was lost or the server closes, DEADLINE_EXCEEDED.
   */
  readonly signal: AbortSignal;
  /**
   * Sends the response headers at once. Without it they go with the first message. A handler of a bidi or frame method
   * calls this as soon as it is ready: peers wait for it before they send. Only the first call has an effect.
   */
  sendHeaders(metadata?: Metadata): void;
  /** Closes the connection, with all its calls, once the status of this one is on its way. */
  hangUp(): void;
}

/** The frames of one `RouterService.Stream` call: iterate what comes, write what goes. */
export interface FrameStream extends AsyncIterable<Frame> {
  /** Sends a frame, whose payload must not change any more. Resolves when there is room for the next one. */
  write(frame: Frame): Promise<void>;
}

/**
 * Serves a method that carries frames. The call ends with OK when it resolves and with the error when it rejects. The
 * iteration ends when the peer half-closes; GOAWAY frames are passed on like any other.
 */
export type FrameHandler = (frames: FrameStream, call: ServerCall) => Promise<void>;

type CarriesFrames<M extends MethodTypes> = MessageShape<M['input']> extends StreamRequest ? true : false;
type MethodTypes = Pick<DescMethod, 'input' | 'output' | 'methodKind'>;
type Requests<M extends MethodTypes> = AsyncIterable<MessageShape<M['input']>>;
type Responses<M extends MethodTypes> = AsyncIterable<MessageInitShape<M['output']>>;

interface HandlersByKind<M extends MethodTypes> {
  unary: (request: MessageShape<M['input']>, call: ServerCall) => Promise<MessageInitShape<M['output']>>;
  server_streaming: (request: MessageShape<M['input']>, call: ServerCall) => Responses<M>;
  client_streaming: (requests: Requests<M>, call: ServerCall) => Promise<MessageInitShape<M['output']>>;
  bidi_streaming: CarriesFrames<M> extends true
    ? FrameHandler
    : (requests: Requests<M>, call: ServerCall) => Responses<M>;
}

/** The handler of one method. */
export type Handler<M extends MethodTypes> = HandlersByKind<M>[M['methodKind']];

/** The handlers of a service, under the local names of its methods. A method without one answers UNIMPLEMENTED. */
export type Handlers<S> =
  S extends GenService<infer Methods> ? { readonly [K in keyof Methods]?: Handler<Methods[K]> } : never;

/** A method and what serves it: with one answer, with any number of them, or with frames. */
export type Route =
  | { readonly kind: 'once'; readonly method: DescMethod; readonly handler: AnswersOnce }
  | { readonly kind: 'often'; readonly method: DescMethod; readonly handler: AnswersOften }
  | { readonly kind: 'frames'; readonly method: DescMethod; readonly handler: FrameHandler };

type AnswersOnce = (request: never, call: ServerCall) => Promise<MessageInitShape<DescMessage>>;
type AnswersOften = (request: never, call: ServerCall) => AsyncIterable<MessageInitShape<DescMessage>>;

/** The routes of one service, for `createGrpcServer`. */
export function implement<M extends GenServiceMethods>(
  service: GenService<M>,
  handlers: { readonly [K in keyof M]?: Handler<M[K]> },
): readonly Route[] {
  const byName: Readonly<Record<string, unknown>> = handlers;
  return service.methods.flatMap((method) => {
    const handler = byName[method.localName];
    return handler === undefined ? [] : [{ kind: routeKind(method), method, handler } as Route]; // SAFE: `Handler` ties kind and handler
  });
}

/** `/package.Service/Method`. */
export function methodPath(method: DescMethod): string {
  return `/${method.parent.typeName}/${method.name}`;
}

function routeKind(method: DescMethod): Route['kind'] {
  if (method.methodKind === 'unary' || method.methodKind === 'client_streaming') return 'once';
  const carriesFrames = method.input.typeName === StreamRequestSchema.typeName;
  return carriesFrames && method.methodKind === 'bidi_streaming' ? 'frames' : 'often';
}
