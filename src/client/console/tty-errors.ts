import {
  DeadlineError,
  describeDeadline,
  ExpectError,
  isDutError,
  type OpenWait,
  raceSignal,
  startDeadline,
} from '../../core/index.ts';
import { DeviceFailureFields, faultError, type MachineFault } from '../../interfaces/index.ts';
import { FaultStrike } from './tty-faults.ts';
import { StreamEnd } from './tty-reader.ts';

/** What an error about a console tells. */
export interface TtyEvidence {
  /** What was waited for, in words. */
  readonly waitingFor: string;
  readonly patterns: readonly string[];
  readonly tail: string;
  readonly transcript: string | undefined;
  /** Takes secrets out of a text. */
  readonly mask: (text: string) => string;
}

/** A call that waits for a console: it ends with its caller's signal, or when its time is up. */
export interface TtyWait extends Disposable {
  readonly signal: AbortSignal;
  race<T>(promise: Promise<T>): Promise<T>;
  /** The error for the user, made of what ended the wait. */
  failed(error: unknown, evidence: TtyEvidence): unknown;
}

/** No more lines than these, and no more characters, of what the console showed last: an error must stay readable. */
const QUOTED_LINES = 15;
const QUOTED_LENGTH = 2_000;

/** Starts a wait; `operation` is as the user would call it: `console.expect`. */
export function startWait(options: OpenWait, operation: string): TtyWait {
  const deadline = startDeadline(options, { operation, waitingFor: 'the console' });
  return {
    signal: deadline.signal,
    race: (promise) => raceSignal(promise, deadline.signal),
    failed: (error, evidence) => {
      if (options.signal?.aborted) return options.signal.reason;
      if (error instanceof FaultStrike) return failedError(operation, error.fault, evidence);
      if (error instanceof StreamEnd) return closedError(operation, error.cause, evidence);
      if (!(error instanceof DeadlineError) || error !== deadline.signal.reason) return error;
      const what = `gave up after ${describeDeadline(error)}, still waiting for ${evidence.waitingFor}`;
      return expectError('timeout', operation, what, evidence);
    },
    [Symbol.dispose]: () => deadline[Symbol.dispose](),
  };
}

function closedError(operation: string, cause: unknown, evidence: TtyEvidence): Error {
  // Somebody else writes on this console: the device is all right.
  if (isDutError(cause) && cause.code === 'busy') return cause;
  const failure = DeviceFailureFields.safeParse(isDutError(cause) && cause.code === 'device' && cause.fields);
  if (isDutError(cause) && failure.success)
    return failedError(operation, { message: cause.message, failure: failure.data }, evidence);
  const why = isDutError(cause) ? `: ${cause.message.split('\n')[0]}` : '';
  const what = `the console ended while waiting for ${evidence.waitingFor}${why}`;
  return expectError('closed', operation, what, evidence, cause);
}

/** The device has failed: one kind of error, whoever waited for whatever. */
function failedError(
  operation: string,
  { message, failure }: Pick<MachineFault, 'message' | 'failure'>,
  { mask, waitingFor }: TtyEvidence,
): Error {
  const masked = { message: mask(message), failure: { ...failure, tail: mask(failure.tail) } };
  return faultError(masked, { operation, waitingFor });
}

function expectError(
  reason: 'timeout' | 'closed',
  operation: string,
  what: string,
  { patterns, tail, transcript }: TtyEvidence,
  cause?: unknown,
): ExpectError {
  const where = transcript === undefined ? [] : [`transcript: ${transcript}`];
  return new ExpectError(
    [`${operation}: ${what}`, ...quoteTail(tail), ...where].join('\n'),
    { reason, patterns, tail: tail.slice(-QUOTED_LENGTH), ...(transcript !== undefined && { transcript }) },
    { operation, cause },
  );
}

/** The last lines of a console as lines of an error. */
export function quoteTail(tail: string, heading = 'last on the console:'): string[] {
  const lines = tail
    .slice(-QUOTED_LENGTH)
    .split(/\r*\n/)
    .map((line) => line.replaceAll(/[^\P{Cc}\t]/gu, '').trimEnd())
    .filter((line) => line !== '');
  if (lines.length === 0) return ['the console has shown nothing'];
  return [heading, ...lines.slice(-QUOTED_LINES).map((line) => `  | ${line}`)];
}
