import { randomUUID } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { raceSignal, type UnderWay } from '../../core/index.ts';
import type {
  DriverCallRequest,
  DriverCallResponseSchema,
  ExporterService,
  StreamingDriverCallRequest,
  StreamingDriverCallResponseSchema,
} from '../gen/jumpstarter/v1/jumpstarter_pb.ts';
import type { Handlers, ServerCall } from '../grpc/index.ts';
import { buildReports } from '../report.ts';
import { Label, WIRE_VERSION } from '../wire.ts';
import { openCall } from './call.ts';
import type { ServedSession } from './session.ts';

type Answer = MessageInitShape<typeof DriverCallResponseSchema>;
type Item = MessageInitShape<typeof StreamingDriverCallResponseSchema>;

/** The handlers of `ExporterService` for one session. `Reset` has none. */
export function exporterHandlers(session: ServedSession): Handlers<typeof ExporterService> {
  return {
    getReport: async () => ({
      uuid: session.uuid,
      labels: { ...(session.name && { [Label.name]: session.name }), [Label.wire]: WIRE_VERSION },
      reports: buildReports(session.nodes),
      motd: session.motd,
    }),
    driverCall: (request, call) => driverCall(session, request, call),
    streamingDriverCall: (request, call) => streamingDriverCall(session, request, call),
    logStream: (_, call) => session.logs.read(call.signal),
    getStatus: async () => session.status.toMessage(),
    endSession: async () => session.endSession(),
  };
}

async function driverCall(
  session: ServedSession,
  request: DriverCallRequest,
  call: ServerCall,
): Promise<Answer> {
  using open = openCall(session, request, call, 'call');
  try {
    return { uuid: randomUUID(), result: open.encode(await open.run()) };
  } catch (error) {
    throw open.fail(error);
  }
}

async function* streamingDriverCall(
  session: ServedSession,
  request: StreamingDriverCallRequest,
  call: ServerCall,
): AsyncGenerator<Item> {
  using open = openCall(session, request, call, 'stream');
  try {
    for await (const item of untilAbort(open.run() as AsyncIterable<unknown>, call.signal, session.calls)) {
      yield { uuid: randomUUID(), result: open.encode(item) };
    }
  } catch (error) {
    throw open.fail(error);
  }
}

/** The items of `items`; once `signal` aborts nobody waits for the next one any more. */
async function* untilAbort<T>(
  items: AsyncIterable<T>,
  signal: AbortSignal,
  calls: UnderWay,
): AsyncGenerator<T> {
  const iterator = items[Symbol.asyncIterator]();
  try {
    for (;;) {
      const next = await raceSignal(iterator.next(), signal);
      if (next.done) return;
      yield next.value;
    }
  } finally {
    // A handler that does not listen to its signal must not keep the call: only the session waits for its end.
    calls.add(Promise.resolve(iterator.return?.())).catch(() => undefined);
  }
}
