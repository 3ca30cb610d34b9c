/** Whose mistake or misfortune an error is; exit codes and test reports follow from it. */
export type Fault = 'caller' | 'device' | 'lab' | 'bug';

/** The stable name of each kind of error. Branch on it rather than on `instanceof` across packages. */
export type ErrorCode =
  | 'config'
  | 'state'
  | 'unsupported'
  | 'not-found'
  | 'auth'
  | 'image'
  | 'capacity'
  | 'busy'
  | 'expect'
  | 'command'
  | 'device'
  | 'launch'
  | 'unreachable'
  | 'deadline'
  | 'protocol'
  | 'internal';

export interface DutErrorOptions {
  /** What was being done, as the user would call it: `power.on`. */
  readonly operation?: string;
  readonly cause?: unknown;
}

/**
 * The base of every error that jumplead raises on purpose.
 *
 * The first line of `message` says what was tried and what happened; evidence (last console lines, a tool's stderr)
 * follows on further lines. The same facts are properties of the error, and travel over the wire as `fields`.
 */
export abstract class DutError extends Error {
  abstract readonly code: ErrorCode;
  readonly fault: Fault;
  readonly operation: string | undefined;
  /** The facts of this error as plain JSON; each is a property of the error as well. */
  readonly fields: Readonly<Record<string, unknown>>;

  constructor(message: string, fault: Fault, fields: object = {}, options: DutErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.fault = fault;
    this.operation = options.operation;
    this.fields = fields as Record<string, unknown>; // SAFE: an object literal of the subclass
    Object.assign(this, fields);
  }
}

/** One mistake in a configuration: where it is and what would be right. */
export interface ConfigIssue {
  /** Dotted path of the field, `''` for the whole. */
  readonly path: string;
  readonly message: string;
}

/** The configuration is wrong; nothing has been started or touched. */
export class ConfigError extends DutError {
  readonly code = 'config';
  declare readonly issues: readonly ConfigIssue[];
  declare readonly file: string | undefined;
  constructor(
    message: string,
    fields: { issues: readonly ConfigIssue[]; file?: string },
    options?: DutErrorOptions,
  ) {
    super(message, 'caller', fields, options);
  }
}

/** The call does not fit the state the device is in. */
export class StateError extends DutError {
  readonly code = 'state';
  declare readonly state: string;
  declare readonly needed: string;
  constructor(message: string, fields: { state: string; needed: string }, options?: DutErrorOptions) {
    super(message, 'caller', fields, options);
  }
}

/** The device, the driver or the peer lacks this ability. */
export class UnsupportedError extends DutError {
  readonly code = 'unsupported';
  declare readonly capability: string;
  declare readonly available: readonly string[];
  constructor(
    message: string,
    fields: { capability: string; available: readonly string[] },
    options?: DutErrorOptions,
  ) {
    super(message, 'caller', fields, options);
  }
}

/** Something that was named does not exist. */
export class NotFoundError extends DutError {
  readonly code = 'not-found';
  declare readonly what: string;
  /** What was asked for (the property `name` is the error's class). */
  declare readonly missing: string;
  declare readonly known: readonly string[];
  constructor(
    message: string,
    fields: { what: string; missing: string; known: readonly string[] },
    options?: DutErrorOptions,
  ) {
    super(message, 'caller', fields, options);
  }
}

/** The peer did not accept who we are. Carries nothing secret. */
export class AuthError extends DutError {
  readonly code = 'auth';
  constructor(message: string, fields: Record<string, never> = {}, options?: DutErrorOptions) {
    super(message, 'caller', fields, options);
  }
}

/** An image is corrupt, incomplete, of an unknown format or refused. */
export class ImageError extends DutError {
  readonly code = 'image';
  declare readonly reason: string;
  declare readonly source: string;
  constructor(message: string, fields: { reason: string; source: string }, options?: DutErrorOptions) {
    super(message, 'caller', fields, options);
  }
}

/** The host lacks memory or disk space. Figures are bytes. */
export class CapacityError extends DutError {
  readonly code = 'capacity';
  declare readonly needed: number;
  declare readonly free: number;
  constructor(message: string, fields: { needed: number; free: number }, options?: DutErrorOptions) {
    super(message, 'lab', fields, options);
  }
}

/** Somebody else is using it. `since` is an ISO 8601 time. */
export class BusyError extends DutError {
  readonly code = 'busy';
  declare readonly holder: string;
  declare readonly since: string;
  constructor(message: string, fields: { holder: string; since: string }, options?: DutErrorOptions) {
    super(message, 'lab', fields, options);
  }
}

/** The awaited text did not come: the time was up, or the console ended. */
export class ExpectError extends DutError {
  readonly code = 'expect';
  declare readonly reason: 'timeout' | 'closed';
  declare readonly patterns: readonly string[];
  /** The last text seen on the console. */
  declare readonly tail: string;
  declare readonly transcript: string | undefined;
  constructor(
    message: string,
    fields: { reason: 'timeout' | 'closed'; patterns: readonly string[]; tail: string; transcript?: string },
    options?: DutErrorOptions,
  ) {
    super(message, 'device', fields, options);
  }
}

/** A command on the device ended with a failure. */
export class CommandError extends DutError {
  readonly code = 'command';
  declare readonly command: string;
  declare readonly exitCode: number | null;
  declare readonly signal: string | null;
  declare readonly stdout: string;
  declare readonly stderr: string;
  constructor(
    message: string,
    fields: {
      command: string;
      exitCode: number | null;
      signal: string | null;
      stdout: string;
      stderr: string;
    },
    options?: DutErrorOptions,
  ) {
    super(message, 'device', fields, options);
  }
}

/** What is known of a device that failed. Whoever reports it tells what he knows. */
export interface DeviceFailure {
  /** What happened; of a machine the name of its event: `EXIT`, `GUEST_PANICKED`, `GUEST_OOPS`, ... */
  readonly event: string;
  /** The last lines of its console. */
  readonly tail: string;
  /** Who saw it: `process` (QEMU ended), `qmp` (QEMU says so), `pvpanic` (the guest's driver said so), `console` (by its text). */
  readonly detectedBy?: string | undefined;
  /** ISO 8601. */
  readonly since?: string | undefined;
  /** The last of what the program that plays the device said on stderr, with how it ended where it did. */
  readonly stderr?: string | undefined;
  readonly exitCode?: number | null | undefined;
  readonly signal?: string | null | undefined;
  /** A command line that starts the same machine by hand. */
  readonly command?: string | undefined;
}

/** The device itself failed: it panicked, reset, stopped or went away. */
export class DeviceError extends DutError implements DeviceFailure {
  readonly code = 'device';
  declare readonly event: string;
  declare readonly tail: string;
  declare readonly detectedBy: string | undefined;
  declare readonly since: string | undefined;
  declare readonly stderr: string | undefined;
  declare readonly exitCode: number | null | undefined;
  declare readonly signal: string | null | undefined;
  declare readonly command: string | undefined;
  constructor(message: string, fields: DeviceFailure, options?: DutErrorOptions) {
    super(message, 'device', fields, options);
  }
}

/** A program of the host could not be started, or ended at once. */
export class LaunchError extends DutError {
  readonly code = 'launch';
  declare readonly command: string;
  declare readonly exitCode: number | null;
  declare readonly signal: string | null;
  declare readonly stderr: string;
  declare readonly hint: string | undefined;
  constructor(
    message: string,
    fields: {
      command: string;
      exitCode: number | null;
      signal: string | null;
      stderr: string;
      hint?: string;
    },
    options?: DutErrorOptions,
  ) {
    super(message, 'lab', fields, options);
  }
}

/** The other side cannot be reached, or is no longer there. */
export class UnreachableError extends DutError {
  readonly code = 'unreachable';
  declare readonly target: string;
  declare readonly lastSeen: string | undefined;
  constructor(message: string, fields: { target: string; lastSeen?: string }, options?: DutErrorOptions) {
    super(message, 'lab', fields, options);
  }
}

/** What has become of a wait, and of each of its parts. */
export interface WaitReport {
  readonly name: string;
  /** `dropped`: it had not come when nobody needed it any more. */
  readonly state: 'waiting' | 'met' | 'failed' | 'dropped';
  /** When it got into this state, ISO 8601. */
  readonly since: string;
  /** What it saw last, or why it failed. */
  readonly last?: string;
  readonly parts?: readonly WaitReport[];
}

/** The time for an operation was up. Not called TimeoutError: that name is the platform's. */
export class DeadlineError extends DutError {
  readonly code = 'deadline';
  /** The time that was given, as a duration: `'2m'`. */
  declare readonly after: string;
  declare readonly waitingFor: string;
  /** How that time came about, where it is a default that was stretched: `'2m x 4: aarch64 emulated on x86_64, ...'`. */
  declare readonly scaling: string | undefined;
  /** Of a wait for several things: what became of it and of each. */
  declare readonly report: WaitReport | undefined;
  constructor(
    message: string,
    fields: { after: string; waitingFor: string; scaling?: string; report?: WaitReport },
    options: DutErrorOptions & { fault?: Fault } = {},
  ) {
    super(message, options.fault ?? 'device', fields, options);
  }
}

/** A peer said something that its protocol does not allow. */
export class ProtocolError extends DutError {
  readonly code = 'protocol';
  declare readonly peer: string;
  declare readonly sent: string | undefined;
  declare readonly answer: string | undefined;
  constructor(
    message: string,
    fields: { peer: string; sent?: string; answer?: string },
    options?: DutErrorOptions,
  ) {
    super(message, 'bug', fields, options);
  }
}

/** Anything nobody foresaw. `incident` is also in the log of the side where it happened, with the stack. */
export class InternalError extends DutError {
  readonly code = 'internal';
  declare readonly incident: string;
  constructor(message: string, fields: { incident: string }, options?: DutErrorOptions) {
    super(message, 'bug', fields, options);
  }
}

/** The same error in other words, with `error` as its cause. */
export function restateError(error: DutError, message: string): DutError {
  type Class = new (message: string, fields: object, options: DutErrorOptions & { fault: Fault }) => DutError;
  const { fields, fault, operation } = error;
  const Same = error.constructor as Class; // SAFE: every class above is made of these
  return new Same(message, fields, {
    ...(operation !== undefined && { operation }),
    fault,
    cause: error,
  });
}

/** True for errors of jumplead, also of another copy of this package. */
export function isDutError(value: unknown): value is DutError {
  return value instanceof Error && 'fault' in value && 'code' in value && 'fields' in value;
}
