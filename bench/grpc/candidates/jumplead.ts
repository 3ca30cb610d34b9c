import type { Duplex } from 'node:stream';
import { ExporterService } from '../../../src/rpc/gen/jumpstarter/v1/jumpstarter_pb.ts';
import { FrameType, RouterService } from '../../../src/rpc/gen/jumpstarter/v1/router_pb.ts';
import {
  createChannel,
  createGrpcServer,
  type Frame,
  implement,
  type Target,
} from '../../../src/rpc/grpc/index.ts';
import { answer, behave, type Candidate, type Client, type Mode, watch } from '../candidate.ts';

const frame = (payload: Uint8Array): Frame => ({ type: FrameType.DATA, payload });

const server = createGrpcServer({
  routes: [
    ...implement(ExporterService, { driverCall: async ({ args }) => ({ uuid: answer(), result: args[0] }) }),
    ...implement(RouterService, {
      stream: async (frames, call) => {
        watch(call.signal);
        call.sendHeaders();
        const mode = call.metadata['mode'] as Mode;
        for await (const item of behave(mode, frames, frame, call.signal)) await frames.write(item);
      },
    }),
  ],
});

function connect(target: Target): Client {
  const channel = createChannel(target);
  return {
    call: async () => {
      const args = [{ kind: { case: 'stringValue', value: 'hello' } }] as const;
      return (await channel.unary(ExporterService.method.driverCall, { method: 'x', args: [...args] })).uuid;
    },
    open: async (mode) => {
      const frames = await channel.openFrames({ metadata: { mode } });
      return {
        headers: frames.headers,
        write: (payload) => frames.write(frame(payload)),
        end: () => frames.end(),
        lengths: lengthsOf(frames),
        cancel: () => frames.cancel(),
      };
    },
  };
}

async function* lengthsOf(frames: AsyncIterable<Frame>) {
  for await (const { chunks = [] } of frames) yield chunks.reduce((sum, chunk) => sum + chunk.length, 0);
}

export const candidate: Candidate = {
  serve: async (path) => void (await server.listen({ path })),
  connect: (path) => connect({ path }),
  serveDuplex: (connection: Duplex) => void server.accept(connection),
  connectDuplex: (connection: Duplex) => connect({ duplex: () => connection, name: 'a duplex' }),
};
