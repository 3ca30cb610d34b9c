import type { Value } from '@bufbuild/protobuf/wkt';
import { InternalError, type Log } from '../../core/index.ts';
import type { Method } from '../../interfaces/index.ts';
import { toGrpcError } from '../errors.ts';
import { GrpcError, type ServerCall } from '../grpc/index.ts';
import { encodeValue } from '../values.ts';
import { type Found, findMethod, readArguments } from './dispatch.ts';
import { logOperation } from './driver-log.ts';
import type { HandlerContext } from './node.ts';
import type { ServedSession } from './session.ts';

/** What `DriverCall` and `StreamingDriverCall` ask for. */
interface DriverRequest {
  readonly uuid: string;
  readonly method: string;
  readonly args: readonly Value[];
}

/** A driver's method that is being called: found, its arguments checked, its resources claimed. Disposing of it ends the call. */
export interface OpenCall extends Disposable {
  /** Runs the handler. */
  readonly run: () => unknown;
  /** What the handler answered, as it travels. @throws InternalError when its contract does not allow it */
  encode(answer: unknown): Value;
  /** Ends the call with `error`. Returns how that leaves the exporter. */
  fail(error: unknown): GrpcError;
}

/** Begins a call. @throws GrpcError when there is no such method, or when its arguments are wrong */
export function openCall(
  session: ServedSession,
  request: DriverRequest,
  call: ServerCall,
  kind: Exclude<Method['kind'], 'channel'>,
): OpenCall {
  session.status.checkOpenToCalls();
  const node = session.find(request.uuid);
  const found = findMethod(node, request.method, kind);
  const context = session.contextFor(node, call);
  const logEnd = logOperation(session.logs, node, request.method);
  const releases: ((failure?: unknown) => void)[] = [];
  let hasEnded = false;
  const end = (failure?: unknown) => {
    if (hasEnded) return;
    hasEnded = true;
    for (const release of releases) release(failure);
    logEnd(failure);
  };
  const fail = (error: unknown) => {
    const outgoing = toOutgoing(error, found, context, session.log);
    end(error ?? outgoing);
    return outgoing;
  };
  try {
    const args = readArguments(found.method.args, request.args, session.resources, {
      driver: node.uuid,
      peer: context.peer,
      connection: call.connection,
      operation: found.operation,
      onEnd: (release) => releases.push(release),
    });
    return {
      run: () => found.handler(...args, context),
      encode: (answer) => encodeAnswer(found, answer),
      fail,
      [Symbol.dispose]: () => end(),
    };
  } catch (error) {
    throw fail(error);
  }
}

function toOutgoing(
  error: unknown,
  { operation }: Found<'call' | 'stream'>,
  { signal }: HandlerContext,
  log: Log,
): GrpcError {
  // Whoever gave up does not read the answer; what a handler makes of that is no incident.
  if (signal.aborted && signal.reason instanceof GrpcError) return signal.reason;
  return toGrpcError(error, { log, operation });
}

function encodeAnswer({ method, operation }: Found<'call' | 'stream'>, answer: unknown): Value {
  const parsed = method.returns.safeParse(answer ?? null);
  if (parsed.success) return encodeValue(answer);
  const message = `${operation}: the driver answered what its interface does not allow: ${parsed.error.message}`;
  throw new InternalError(message, { incident: 'none' });
}
