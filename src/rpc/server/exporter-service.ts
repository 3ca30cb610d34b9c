import { randomUUID } from 'node:crypto';
import type { MessageInitShape } from '@bufbuild/protobuf';
import { raceSignal } from '../../core/index.ts';
import type { DriverCallRequest, DriverCallResponseSchema, ExporterService } from '../gen/jumpstarter/v1/jumpstarter_pb.ts';
import type { Handlers, ServerCall } from '../grpc/index.ts';
import { buildReports } from '../report.ts';
import { encodeValue } from '../values.ts';
import { Label, WIRE_VERSION } from '../wire.ts';
import { checkAnswer } from './answers.ts';
import { type Found, findMethod, readArguments } from './dispatch.ts';
import { logOperation } from './driver-log.ts';
import type { ServedSession } from './session.ts';

type Answer = MessageInitShape<typeof DriverCallResponseSchema>;

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

async function driverCall(session: ServedSession, request: DriverCallRequest, call: ServerCall): Promise<Answer> {
  return await session.perform(request, call, 'call', async ({ found, args, context }) => {
    const answer = await found.handler(...args, context);
    return toAnswer(found, answer);
  });
}
