import { ConfigError, raceSignal } from '../../core/index.ts';
import type { ByteChannel, ChannelMethod } from '../../interfaces/index.ts';
import { checkArgument } from '../arguments.ts';
import { canEncode } from '../content-encoding.ts';
import { toGrpcError } from '../errors.ts';
import { GOAWAY, readChunk, writeChunk } from '../frames.ts';
import type { RouterService } from '../gen/jumpstarter/v1/router_pb.ts';
import { type FrameStream, GrpcError, type Handlers, type ServerCall, Status } from '../grpc/index.ts';
import { Encoding, StreamRequest } from '../handles.ts';
import { Key } from '../wire.ts';
import { findMethod } from './dispatch.ts';
import { logOperation } from './driver-log.ts';
import type { ServedSession } from './session.ts';

/** The handlers of `RouterService` for one session: streams to drivers, and the bytes of resources. */
export function routerHandlers(session: ServedSession): Handlers<typeof RouterService> {
  return {
    stream: async (frames, call) => {
      const request = readRequest(call);
      if (request.kind === 'driver') await serveChannel(session, request, frames, call);
      else await serveResource(session, request, frames, call);
    },
  };
}

function readRequest(call: ServerCall): StreamRequest {
  const text = call.metadata[Key.request] ?? '';
  try {
    return StreamRequest.parse(JSON.parse(text));
  } catch (cause) {
    const problem = `the metadata ${JSON.stringify(Key.request)} names no stream: ${JSON.stringify(text)}`;
    throw new GrpcError(Status.INVALID_ARGUMENT, problem, { cause });
  }
}

type RequestOf<K extends StreamRequest['kind']> = Extract<StreamRequest, { kind: K }>;

async function serveChannel(
  session: ServedSession,
  request: RequestOf<'driver'>,
  frames: FrameStream,
  call: ServerCall,
): Promise<void> {
  const node = session.find(request.uuid);
  const { handler, method, operation } = findMethod(node, request.method, 'channel');
  const context = session.contextFor(node, call);
  const logEnd = logOperation(session.logs, node, request.method);
  try {
    const options = readOptions(method, call.metadata[Key.options], operation);
    await using channel = (await handler(options, context)) as ByteChannel; // SAFE: what the contract of a channel says
    call.sendHeaders();
    await raceSignal(pump(channel, frames), call.signal);
    logEnd();
  } catch (error) {
    // Leaving is how clients close a stream.
    logEnd(call.signal.aborted ? undefined : error);
    throw call.signal.aborted ? error : toGrpcError(error, { log: session.log, operation });
  }
}

function readOptions(
  { options: schema }: ChannelMethod,
  text: string | undefined,
  operation: string,
): unknown {
  if (!schema) return undefined;
  const argument = { kind: 'value', name: 'options', schema } as const;
  return checkArgument(argument, text === undefined ? {} : parseJson(text, operation), operation);
}

function parseJson(text: string, operation: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    const message = `the metadata ${JSON.stringify(Key.options)} is not JSON: ${text}`;
    throw new ConfigError(message, { issues: [{ path: 'options', message }] }, { operation, cause });
  }
}

/** Carries bytes both ways until both sides have ended. */
async function pump(channel: ByteChannel, frames: FrameStream): Promise<void> {
  const toPeer = async () => {
    for await (const chunk of channel) await writeChunk(frames, chunk);
    await frames.write(GOAWAY);
  };
  const toDevice = async () => {
    const iterator = frames[Symbol.asyncIterator]();
    for (let chunk = await readChunk(iterator); chunk; chunk = await readChunk(iterator))
      await channel.write(chunk);
    await channel.end();
  };
  await Promise.all([toPeer(), toDevice()]);
}

async function serveResource(
  session: ServedSession,
  request: RequestOf<'resource'>,
  frames: FrameStream,
  call: ServerCall,
): Promise<void> {
  const { uuid: driver } = session.find(request.uuid);
  const wanted = Encoding.safeParse(request.x_jmp_content_encoding);
  const encoding = wanted.success && (await canEncode(wanted.data)) ? wanted.data : null;
  using resource = session.resources.add(driver, frames);
  const handle = { kind: 'client_stream', uuid: resource.uuid, x_jmp_content_encoding: encoding };
  // Without the second key the client does the compression itself.
  call.sendHeaders({
    [Key.resource]: JSON.stringify(handle),
    ...(encoding && { [Key.acceptEncoding]: encoding }),
  });
  try {
    await raceSignal(resource.released, call.signal);
  } catch (error) {
    throw toGrpcError(error, { log: session.log });
  }
  await frames.write(GOAWAY);
  const rest = frames[Symbol.asyncIterator]();
  while (await readChunk(rest)); // What a driver did not want is taken and dropped: clients wait until it is gone.
}
