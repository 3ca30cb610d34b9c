import type { RouterService } from '../gen/jumpstarter/v1/router_pb.ts';
import { GrpcError, type Handlers, type ServerCall, Status } from '../grpc/index.ts';
import { StreamRequest } from '../handles.ts';
import { Key } from '../wire.ts';
import { serveDriverStream } from './driver-stream.ts';
import { serveResourceStream } from './resource-stream.ts';
import type { ServedSession } from './session.ts';

/** The handlers of `RouterService` for one session: streams to drivers, and the bytes of resources. */
export function routerHandlers(session: ServedSession): Handlers<typeof RouterService> {
  return {
    stream: async (frames, call) => {
      const request = readRequest(call);
      if (request.kind === 'driver') await serveDriverStream(session, request, frames, call);
      else await serveResourceStream(session, request, frames, call);
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
