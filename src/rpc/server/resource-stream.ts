import { raceSignal } from '../../core/index.ts';
import { canEncode } from '../content-encoding.ts';
import { toGrpcError } from '../errors.ts';
import { ChunkReader, GOAWAY } from '../frames.ts';
import type { FrameStream, ServerCall } from '../grpc/index.ts';
import { Encoding, type StreamRequestOf } from '../handles.ts';
import { Key } from '../wire.ts';
import type { ServedSession } from './session.ts';

/** Offers a stream to a call to come, and ends it when that call is done with it. */
export async function serveResourceStream(
  session: ServedSession,
  request: StreamRequestOf<'resource'>,
  frames: FrameStream,
  call: ServerCall,
): Promise<void> {
  const { uuid: driver } = session.find(request.uuid);
  const wanted = Encoding.safeParse(request.x_jmp_content_encoding);
  const encoding = wanted.success && (await canEncode(wanted.data)) ? wanted.data : null;
  using resource = session.resources.add(driver, call.connection, frames);
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
  await discard(frames);
}

/** Takes what a driver did not want: clients wait until they have got rid of it. */
async function discard(frames: FrameStream): Promise<void> {
  const rest = new ChunkReader(frames);
  while (await rest.next());
}
