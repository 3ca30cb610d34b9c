import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ExporterService } from '../../src/rpc/gen/jumpstarter/v1/jumpstarter_pb.ts';
import { FrameType, RouterService } from '../../src/rpc/gen/jumpstarter/v1/router_pb.ts';
import {
  type Channel,
  createChannel,
  createGrpcServer,
  type Frame,
  type FrameHandler,
  GrpcError,
  type GrpcServer,
  type GrpcServerOptions,
  type Handlers,
  implement,
} from '../../src/rpc/grpc/index.ts';
import { failureOf } from '../support/failure.ts';

type ExporterHandlers = Handlers<typeof ExporterService>;

export interface Served extends AsyncDisposable {
  readonly server: GrpcServer;
  readonly path: string;
  readonly channel: Channel;
}

export interface Serving extends Omit<GrpcServerOptions, 'routes'> {
  readonly exporter?: ExporterHandlers;
  readonly stream?: FrameHandler;
}

/** Sends every frame back. */
export const echo: FrameHandler = async (frames, call) => {
  call.sendHeaders();
  for await (const frame of frames) await frames.write(frame);
};

/** A server for `serving`; without anything it echoes. */
export function testServer({ exporter = {}, stream = echo, ...options }: Serving = {}): GrpcServer {
  const routes = [...implement(ExporterService, exporter), ...implement(RouterService, { stream })];
  return createGrpcServer({ routes, ...options });
}

/** That server on a Unix socket, and a channel to it. */
export async function serve(serving: Serving = {}): Promise<Served> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.adopt(await mkdtempDisposable(join(tmpdir(), 'grpc-')), (it) => it.remove());
  const path = join(folder.path, 'socket');
  const server = stack.use(testServer(serving));
  await server.listen({ path });
  const channel = stack.use(createChannel({ path }));
  const owned = stack.move();
  return { server, path, channel, [Symbol.asyncDispose]: () => owned.disposeAsync() };
}

export const data = (payload: string | Uint8Array): Frame => ({
  type: FrameType.DATA,
  payload: typeof payload === 'string' ? Buffer.from(payload) : payload,
});

/** The GrpcError that `promise` rejects with. */
export async function grpcFailureOf(promise: Promise<unknown>): Promise<GrpcError> {
  const error = await failureOf(promise);
  if (error instanceof GrpcError) return error;
  throw error;
}

/** Reads to the end; the number of bytes. */
export async function drain(frames: AsyncIterable<Frame>): Promise<number> {
  let bytes = 0;
  for await (const { payload } of frames) bytes += payload.length;
  return bytes;
}

/** Resolves with the reason once `signal` aborts. */
export function aborted(signal: AbortSignal): Promise<unknown> {
  const { promise, resolve } = Promise.withResolvers<unknown>();
  if (signal.aborted) resolve(signal.reason);
  signal.addEventListener('abort', () => resolve(signal.reason), { once: true });
  return promise;
}
