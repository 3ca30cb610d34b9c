import { ConfigError, raceSignal } from '../../core/index.ts';
import type { ByteChannel, ChannelMethod } from '../../interfaces/index.ts';
import { checkArgument } from '../arguments.ts';
import { toGrpcError } from '../errors.ts';
import { FRAMING, type Framing, GOAWAY } from '../frames.ts';
import type { FrameStream, ServerCall } from '../grpc/index.ts';
import type { StreamRequestOf } from '../handles.ts';
import { Key } from '../wire.ts';
import { findMethod } from './dispatch.ts';
import { logOperation } from './driver-log.ts';
import type { ServedSession } from './session.ts';

/** Opens a driver's byte stream and carries it until both sides have ended, or the client leaves. */
export async function serveDriverStream(
  session: ServedSession,
  request: StreamRequestOf<'driver'>,
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
    await raceSignal(pump(channel, frames, FRAMING[method.carries]), call.signal);
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

async function pump(channel: ByteChannel, frames: FrameStream, framing: Framing): Promise<void> {
  let hasEnded = false;
  const toPeer = async () => {
    for await (const chunk of channel) await framing.write(frames, chunk);
    hasEnded = true;
    await frames.write(GOAWAY);
  };
  // A device that has ended may hang up: what the client still says is lost on it, as on any such connection, and is no failure.
  const unlessGone = (said: Promise<void>) =>
    said.catch((error: unknown) => {
      if (!hasEnded) throw error;
    });
  const toDevice = async () => {
    const reader = framing.reader(frames);
    for (let chunk = await reader.next(); chunk; chunk = await reader.next())
      await unlessGone(channel.write(chunk));
    await unlessGone(channel.end());
  };
  await Promise.all([toPeer(), toDevice()]);
}
