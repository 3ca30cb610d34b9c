import { z } from 'zod';
import {
  AuthError,
  BusyError,
  CapacityError,
  CommandError,
  ConfigError,
  DeadlineError,
  DeviceError,
  type DutError,
  type DutErrorOptions,
  type ErrorCode,
  ExpectError,
  type Fault,
  ImageError,
  InternalError,
  LaunchError,
  NotFoundError,
  ProtocolError,
  StateError,
  UnreachableError,
  UnsupportedError,
} from '../core/index.ts';
import { DeviceFailureFields } from '../interfaces/index.ts';
import { Status } from './grpc/index.ts';

/** How one class of error travels: the status that other clients see, and how its fields make it again. */
export interface ErrorEntry {
  readonly status: Status;
  /** The same error again; undefined when the fields are not those of the class. */
  readonly revive: (message: string, fields: unknown, options: ReviveOptions) => DutError | undefined;
}
/** What an error has beside its message and its fields. */
export type ReviveOptions = DutErrorOptions & { readonly fault?: Fault };

const text = z.string();
const texts = z.array(z.string());
const exit = { exitCode: z.number().nullable(), signal: z.string().nullable() };

function entry<S extends z.ZodType>(
  status: Status,
  fields: S,
  create: (message: string, fields: z.output<S>, options: ReviveOptions) => DutError,
): ErrorEntry {
  return {
    status,
    revive: (message, input, options) => {
      const parsed = fields.safeParse(input);
      return parsed.success ? create(message, parsed.data, options) : undefined;
    },
  };
}

/**
 * Every class of error with its status. FAILED_PRECONDITION is left to the status gate: stock clients show it as
 * "exporter not ready".
 */
export const errorTable: Readonly<Record<ErrorCode, ErrorEntry>> = {
  config: entry(
    Status.INVALID_ARGUMENT,
    z.object({ issues: z.array(z.object({ path: text, message: text })), file: text.optional() }),
    (message, fields, options) => new ConfigError(message, fields, options),
  ),
  state: entry(
    Status.ABORTED,
    z.object({ state: text, needed: text }),
    (message, fields, options) => new StateError(message, fields, options),
  ),
  unsupported: entry(
    Status.UNIMPLEMENTED,
    z.object({ capability: text, available: texts }),
    (message, fields, options) => new UnsupportedError(message, fields, options),
  ),
  'not-found': entry(
    Status.NOT_FOUND,
    z.object({ what: text, missing: text, known: texts }),
    (message, fields, options) => new NotFoundError(message, fields, options),
  ),
  auth: entry(
    Status.UNAUTHENTICATED,
    z.object({}),
    (message, _, options) => new AuthError(message, {}, options),
  ),
  image: entry(
    Status.INVALID_ARGUMENT,
    z.object({ reason: text, source: text }),
    (message, fields, options) => new ImageError(message, fields, options),
  ),
  capacity: entry(
    Status.RESOURCE_EXHAUSTED,
    z.object({ needed: z.number(), free: z.number() }),
    (message, fields, options) => new CapacityError(message, fields, options),
  ),
  busy: entry(
    Status.RESOURCE_EXHAUSTED,
    z.object({ holder: text, since: text }),
    (message, fields, options) => new BusyError(message, fields, options),
  ),
  expect: entry(
    Status.ABORTED,
    z.object({
      reason: z.enum(['timeout', 'closed']),
      patterns: texts,
      tail: text,
      transcript: text.optional(),
    }),
    (message, fields, options) => new ExpectError(message, fields, options),
  ),
  command: entry(
    Status.ABORTED,
    z.object({ command: text, ...exit, stdout: text, stderr: text }),
    (message, fields, options) => new CommandError(message, fields, options),
  ),
  device: entry(
    Status.ABORTED,
    DeviceFailureFields,
    (message, fields, options) => new DeviceError(message, fields, options),
  ),
  launch: entry(
    Status.INTERNAL,
    z.object({ command: text, ...exit, stderr: text, hint: text.optional() }),
    (message, fields, options) => new LaunchError(message, fields, options),
  ),
  unreachable: entry(
    Status.UNAVAILABLE,
    z.object({ target: text, lastSeen: text.optional() }),
    (message, fields, options) => new UnreachableError(message, fields, options),
  ),
  deadline: entry(
    Status.DEADLINE_EXCEEDED,
    z.object({ after: text, waitingFor: text, scaling: text.optional() }),
    (message, fields, options) => new DeadlineError(message, fields, options),
  ),
  protocol: entry(
    Status.INTERNAL,
    z.object({ peer: text, sent: text.optional(), answer: text.optional() }),
    (message, fields, options) => new ProtocolError(message, fields, options),
  ),
  internal: entry(
    Status.UNKNOWN,
    z.object({ incident: text }),
    (message, fields, options) => new InternalError(message, fields, options),
  ),
};
