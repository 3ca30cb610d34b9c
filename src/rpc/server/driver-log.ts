import { inspect } from 'node:util';
import { timestampNow } from '@bufbuild/protobuf/wkt';
import type { ErrorCode, Log } from '../../core/index.ts';
import { isDutError, LOG_LEVELS, type LogLevel } from '../../core/index.ts';
import { type LogOrigin, logSource } from '../log-origins.ts';
import type { LogQueue } from './log-queue.ts';
import type { IndexedNode } from './node.ts';

type Severity = 'INFO' | 'WARNING' | 'ERROR';

/** The log of one driver: it goes to the exporter's own log, and from INFO on to the clients of the session. */
export function driverLog(log: Log, queue: LogQueue, { node, path }: IndexedNode): Log {
  const { logLevel, interface: contract } = node;
  const child = log.child({ driver: path }, logLevel && { level: logLevel });
  return teeLog(child, queue, 'driver', { driverType: contract.category, least: logLevel });
}

/** Of what a log tells its clients: what kind of driver writes, and what is too unimportant to be written. */
interface TeeOptions {
  readonly driverType?: string;
  readonly least?: LogLevel | undefined;
}

/** Writes to `log`, and from INFO on to the clients of the session, as coming from `origin`. */
export function teeLog(
  log: Log,
  queue: LogQueue,
  origin: LogOrigin,
  { driverType = '', least = 'debug' }: TeeOptions = {},
): Log {
  const tee = (level: 'info' | 'warn' | 'error', severity: Severity): Log['info'] =>
    ((...args: readonly unknown[]) => {
      if (LOG_LEVELS.indexOf(level) < LOG_LEVELS.indexOf(least)) return;
      Reflect.apply(log[level], log, args);
      queue.push({ ...entry(severity, origin, driverType), ...readArguments(args) });
    }) as Log['info']; // SAFE: passes on whatever pino takes
  return {
    debug: log.debug.bind(log),
    info: tee('info', 'INFO'),
    warn: tee('warn', 'WARNING'),
    error: tee('error', 'ERROR'),
    child: log.child.bind(log),
  };
}

/** Tells the clients of the session that a call begins; the result tells them how it ended. */
export function logOperation(
  queue: LogQueue,
  { node }: IndexedNode,
  method: string,
): (error?: unknown) => void {
  const { category } = node.interface;
  queue.push({ ...entry('INFO', 'driver', category), message: 'Operation started', operation: method });
  return (error) => {
    const failed = error !== undefined;
    queue.push({
      ...entry(failed ? 'ERROR' : 'INFO', 'driver', category),
      message: failed ? 'Operation failed' : 'Operation completed',
      operation: method,
      structuredFields: failed ? { result: 'failure', error_type: errorType(error) } : { result: 'success' },
    });
  };
}

/** Jumpstarter's names of what may go wrong. */
const ERROR_TYPES: Readonly<Partial<Record<ErrorCode, string>>> = {
  unsupported: 'not_implemented',
  config: 'validation_error',
  image: 'validation_error',
  deadline: 'timeout',
  unreachable: 'connection_error',
  internal: 'internal_error',
};

function errorType(error: unknown): string {
  return isDutError(error) ? (ERROR_TYPES[error.code] ?? 'device_error') : 'internal_error';
}

function entry(severity: Severity, origin: LogOrigin, driverType: string) {
  const source = logSource(origin);
  return { uuid: '', severity, source, ...(driverType && { driverType }), timestamp: timestampNow() };
}

/** Message and fields of the arguments of a pino logger: a text, or fields (or an error) and then a text. */
function readArguments([first, second]: readonly unknown[]): {
  message: string;
  structuredFields: Record<string, string>;
} {
  if (typeof first !== 'object' || first === null) return { message: String(first), structuredFields: {} };
  if (first instanceof Error) return { message: String(second ?? first.message), structuredFields: {} };
  const fields = Object.entries(first).map(([key, value]) => [key, toText(value)]);
  return { message: typeof second === 'string' ? second : '', structuredFields: Object.fromEntries(fields) };
}

function toText(value: unknown): string {
  if (typeof value === 'string') return value;
  if (value instanceof Error) return value.message;
  try {
    return JSON.stringify(value) ?? String(value);
  } catch {
    return inspect(value); // A logger must not fail: this has a cycle, or a bigint.
  }
}
