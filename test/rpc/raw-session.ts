import { pino } from 'pino';
import type { Driver } from '../../src/driver/index.ts';
import { type ExporterSession, openSession, type SessionOptions } from '../../src/exporter/index.ts';
import { ExporterService } from '../../src/rpc/gen/jumpstarter/v1/jumpstarter_pb.ts';
import {
  type Channel,
  createChannel,
  type Frame,
  type FrameCall,
  GrpcError,
  type Metadata,
  statusName,
  type Target,
} from '../../src/rpc/grpc/index.ts';
import { readReports } from '../../src/rpc/report.ts';
import { decodeValue, encodeValue } from '../../src/rpc/values.ts';

/** A client that knows nothing but the protocol. */
export interface RawClient extends AsyncDisposable {
  readonly channel: Channel;
  /** The uuid of the node at a dotted path. */
  uuid(path: string): string;
  call(path: string, method: string, args?: readonly unknown[], metadata?: Metadata): Promise<unknown>;
  /** Opens a stream on a driver, or for a resource of it, once the exporter has opened its side. */
  open(request: object, metadata?: Metadata): Promise<{ frames: FrameCall; headers: Metadata }>;
}

/** A served tree and a client of it. */
export interface RawSession extends RawClient {
  readonly session: ExporterSession;
}

/** Serves `driver` on its private socket. */
export async function openRaw(driver: Driver, options: SessionOptions = {}): Promise<RawSession> {
  await using stack = new AsyncDisposableStack();
  const log = pino({ level: 'silent' });
  const session = stack.use(await openSession(driver, { log, ...options }));
  const client = stack.use(await connectRaw({ path: session.socket }));
  const held = stack.move();
  return { ...client, session, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Connects to an exporter, and reads its report. */
export async function connectRaw(target: Target): Promise<RawClient> {
  await using stack = new AsyncDisposableStack();
  const channel = stack.use(createChannel(target));
  const { reports } = await channel.unary(ExporterService.method.getReport, {});
  const root = readReports(reports, 'test');
  const uuid = (path: string) =>
    path
      .split('.')
      .filter(Boolean)
      .reduce((node, name) => node.children.get(name) ?? node, root).uuid;
  const held = stack.move();
  return {
    channel,
    uuid,
    call: async (path, method, args = [], metadata = {}) => {
      const request = { uuid: uuid(path), method, args: args.map((arg) => encodeValue(arg)) };
      const { result } = await channel.unary(ExporterService.method.driverCall, request, { metadata });
      return decodeValue(result);
    },
    open: async (request, metadata = {}) => {
      const frames = await channel.openFrames({
        metadata: { ...metadata, request: JSON.stringify(request) },
      });
      return { frames, headers: await frames.headers };
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/** The status and the text with which a call fails. */
export async function statusOf(call: Promise<unknown>): Promise<string> {
  const error = await call.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  if (!(error instanceof GrpcError)) return `no status: ${String(error)}`;
  return `${statusName(error.code)}: ${error.details}`;
}

/** All frames until the exporter ends the stream. */
export async function readAll(frames: AsyncIterable<Frame>): Promise<readonly Frame[]> {
  const all: Frame[] = [];
  for await (const { type, payload } of frames) all.push({ type, payload: Buffer.from(payload) });
  return all;
}
