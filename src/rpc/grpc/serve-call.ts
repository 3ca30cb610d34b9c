import type { IncomingHttpHeaders, ServerHttp2Stream } from 'node:http2';
import type { DescMessage, DescMethod, MessageInitShape } from '@bufbuild/protobuf';
import { type Decode, decodeWith, type Encode, encodeWith, frameCodec } from './codec.ts';
import { MessageReader } from './message-reader.ts';
import { MessageWriter } from './message-writer.ts';
import type { Http2ServerCall } from './server-call.ts';
import type { Route } from './service.ts';
import { GrpcError, Status } from './status.ts';

/** Answers a request that is not gRPC with a plain HTTP status; true if it did. */
export function refuseHttp(stream: ServerHttp2Stream, headers: IncomingHttpHeaders): boolean {
  const status = httpRefusal(headers);
  if (status === undefined) return false;
  stream.on('error', () => undefined);
  stream.respond({ ':status': status }, { endStream: true });
  stream.resume();
  return true;
}

function httpRefusal(headers: IncomingHttpHeaders): number | undefined {
  if (headers[':method'] !== 'POST') return 405;
  const isGrpc = /^application\/grpc(\+proto)?\s*(;|$)/.test(headers['content-type'] ?? '');
  return isGrpc ? undefined : 415;
}

/** Runs the handler of `route` on the stream of `call` until it is done. Rejects as the handler does. */
export async function runHandler(
  route: Route,
  stream: ServerHttp2Stream,
  call: Http2ServerCall,
): Promise<void> {
  if (route.kind === 'frames') {
    const { reader, write, close } = openMessages(stream, call, frameCodec);
    await route.handler({ [Symbol.asyncIterator]: () => reader, write }, call).finally(close);
  } else {
    const { reader, write, close } = openMessages(stream, call, protoCodec(route.method));
    await answer(route, reader, write, call).finally(close);
  }
}

async function answer(
  route: Exclude<Route, { kind: 'frames' }>,
  reader: MessageReader<unknown>,
  write: (message: MessageInitShape<DescMessage>) => Promise<void>,
  call: Http2ServerCall,
): Promise<void> {
  const decoded = takesOne(route.method) ? await readSingle(reader, call) : reader;
  const request = decoded as never; // SAFE: decoded with the schema that `Handler` derives its parameter from
  if (route.kind === 'once') await write(await route.handler(request, call));
  else for await (const response of route.handler(request, call)) await write(response);
}

interface Codec<I, O> {
  readonly decode: Decode<I>;
  readonly encode: Encode<O>;
}

const codecs = new WeakMap<DescMethod, Codec<unknown, MessageInitShape<DescMessage>>>();

function protoCodec(method: DescMethod): Codec<unknown, MessageInitShape<DescMessage>> {
  const known = codecs.get(method);
  if (known) return known;
  const codec = { decode: decodeWith(method.input), encode: encodeWith(method.output) };
  codecs.set(method, codec);
  return codec;
}

/** Both directions of a call, tied to its end. Writing sends the headers first. */
function openMessages<I, O>(
  stream: ServerHttp2Stream,
  call: Http2ServerCall,
  { decode, encode }: Codec<I, O>,
) {
  const reader = new MessageReader(stream, decode, {
    invalid: (error) =>
      call.abort(error instanceof GrpcError ? error : new GrpcError(Status.INTERNAL, String(error))),
    end: () => stream.aborted || reader.finish(), // After an abort 'close' tells how the call ended.
    returned: () => undefined,
  });
  const writer = new MessageWriter(stream, encode);
  const onAbort = () => {
    reader.finish({ reason: call.signal.reason });
    writer.close(() => call.signal.reason);
  };
  if (call.signal.aborted) onAbort();
  call.signal.addEventListener('abort', onAbort, { once: true });
  const write = (message: O) => {
    if (call.ended)
      writer.close(() => call.signal.reason ?? new GrpcError(Status.INTERNAL, 'the call has ended'));
    call.sendHeaders();
    return writer.write(message);
  };
  const close = () => {
    writer.flush();
    void reader.return();
  };
  return { reader, write, close };
}

const takesOne = (method: DescMethod) =>
  method.methodKind === 'unary' || method.methodKind === 'server_streaming';

async function readSingle<T>(reader: MessageReader<T>, call: Http2ServerCall): Promise<T> {
  const first = await reader.next();
  const second = first.done ? first : await reader.next();
  if (!first.done && second.done) return first.value;
  throw new GrpcError(
    Status.INTERNAL,
    `${call.path} takes one message, but ${first.done ? 'none' : 'several'} came`,
  );
}
