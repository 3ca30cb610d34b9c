import { randomBytes } from 'node:crypto';
import {
  AuthError,
  ConfigError,
  DeadlineError,
  DeviceError,
  type DutError,
  type ErrorCode,
  InternalError,
  isDutError,
  type Log,
  ProtocolError,
  StateError,
  UnreachableError,
  UnsupportedError,
} from '../core/index.ts';
import { decodeDetail, encodeDetail } from './error-detail.ts';
import { errorTable } from './error-table.ts';
import { GrpcError, Status, statusName } from './grpc/index.ts';
import { Key } from './wire.ts';

/** What is known where an error leaves the exporter. */
export interface OutgoingContext {
  readonly log: Log;
  /** What was being done, for errors that do not say so themselves. */
  readonly operation?: string;
}

/**
 * How `error` leaves the exporter: with the status of its class, and with its fields in a trailer. What nobody foresaw
 * leaves as an incident number; its stack stays in the log.
 */
export function toGrpcError(error: unknown, context: OutgoingContext): GrpcError {
  if (error instanceof GrpcError) return error;
  if (isDutError(error)) return withDetail(error, errorTable[error.code]?.status ?? Status.UNKNOWN, context);
  const incident = randomBytes(2).toString('hex');
  context.log.error({ err: error, incident, operation: context.operation }, 'internal error');
  const internal = new InternalError(`internal error, incident ${incident}`, { incident });
  return withDetail(internal, Status.UNKNOWN, context);
}

/** `error` under a status other than that of its class: what stock clients expect in that place. */
export function withDetail(error: DutError, status: Status, context: { operation?: string } = {}): GrpcError {
  const operation = error.operation ?? context.operation;
  const { code, fault, fields, message } = error;
  const detail = encodeDetail(
    { code, fault, fields: { ...fields }, ...(operation && { operation }) },
    message,
  );
  return new GrpcError(status, message, { metadata: { [Key.error]: detail }, cause: error });
}

/** What is known where an error arrives at a client. */
export interface IncomingContext {
  /** What was being done, as the user would call it. */
  readonly operation: string;
  /** Where the peer is. */
  readonly target: string;
  /** When the peer was last heard of, ISO 8601. */
  readonly lastSeen?: string | undefined;
  /** What the peer can do instead, where that is known. */
  readonly available?: readonly string[];
}

/** The error that `error` was on the other side; for one without our detail, what its status comes closest to. */
export function fromGrpcError(error: GrpcError, context: IncomingContext): DutError {
  const detail = decodeDetail(error.metadata[Key.error] ?? '');
  const entry = detail && isErrorCode(detail.code) ? errorTable[detail.code] : undefined;
  const { operation = context.operation, fault } = detail ?? {};
  const message = detail?.message ?? error.details;
  const revived = entry?.revive(message, detail?.fields, {
    operation,
    ...(fault && { fault }),
    cause: error,
  });
  return revived ?? byStatus(error, context);
}

const isErrorCode = (code: string): code is ErrorCode => Object.hasOwn(errorTable, code);

function byStatus(error: GrpcError, context: IncomingContext): DutError {
  const { operation, target, lastSeen, available = [] } = context;
  const details = error.details || '(no details)';
  const message = `${operation}: ${details}`;
  const options = { operation, cause: error };
  switch (error.code) {
    case Status.NOT_FOUND:
    case Status.UNIMPLEMENTED:
      return new UnsupportedError(message, { capability: operation, available }, options);
    case Status.FAILED_PRECONDITION:
    case Status.ALREADY_EXISTS:
      return new StateError(message, { state: details, needed: 'ready for driver calls' }, options);
    case Status.INVALID_ARGUMENT:
    case Status.OUT_OF_RANGE:
      return new ConfigError(message, { issues: [{ path: '', message: details }] }, options);
    case Status.UNAUTHENTICATED:
    case Status.PERMISSION_DENIED:
      return new AuthError(message, {}, options);
    case Status.UNAVAILABLE:
    case Status.CANCELLED:
      return new UnreachableError(
        message.includes(target) ? message : `${message} (${target})`,
        { target, ...(lastSeen && { lastSeen }) },
        options,
      );
    case Status.DEADLINE_EXCEEDED:
      return new DeadlineError(message, { after: 'the peer’s own limit', waitingFor: operation }, options);
    case Status.RESOURCE_EXHAUSTED:
      return new ProtocolError(message, { peer: target, answer: details }, options);
    default:
      return byPythonClass(error, message, context);
  }
}

/** What Python's gRPC says of an exception that nobody mapped, as of a driver that cannot reach its device. */
const UNCAUGHT = /^Unexpected <class '(?:[\w.]+\.)?(\w+)'>/;

/** Those that say that the device, its socket or its port cannot be had. */
const OS_ERRORS = /^((OS|Connection\w*|FileNotFound|Permission|BrokenPipe)Error|SerialException)$/;

function byPythonClass(error: GrpcError, message: string, { operation, target }: IncomingContext): DutError {
  const options = { operation, cause: error };
  const [, exception] = UNCAUGHT.exec(error.details) ?? [];
  if (exception === undefined) {
    return new DeviceError(message, { event: statusName(error.code), tail: error.details }, options);
  }
  return OS_ERRORS.test(exception)
    ? new UnreachableError(message, { target }, options)
    : new InternalError(message, { incident: 'unknown' }, options);
}
