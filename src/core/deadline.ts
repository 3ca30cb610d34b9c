import { DeadlineError, type Fault } from './errors.ts';
import { type Duration, formatDuration, parseDuration } from './units.ts';

/** What every call that may take time accepts, always as its last argument. */
export interface WaitOptions {
  /** Ends the call; it rejects with `signal.reason`, untouched. */
  readonly signal?: AbortSignal | undefined;
  /** The longest the call may take; afterwards it rejects with a DeadlineError. */
  readonly timeout?: Duration | undefined;
}

/** What a deadline is for: both appear in the error. */
export interface DeadlinePurpose {
  readonly operation: string;
  readonly waitingFor: string;
  readonly fault?: Fault;
}

/** A deadline that runs until it is disposed of. */
export interface Deadline extends Disposable {
  /** Aborts with a DeadlineError when the time is up, or with the reason of the caller's signal. */
  readonly signal: AbortSignal;
}

/** A timer that is set for longer fires at once: 24.8 days, the most that 31 bits of milliseconds hold. */
const LONGEST_TIMER = 2 ** 31 - 1;

/** Starts the clock of `options.timeout` and joins it with `options.signal`. Dispose of it when the call has ended. */
export function startDeadline(options: WaitOptions, purpose: DeadlinePurpose): Deadline {
  const { signal, timeout } = options;
  const timer = new AbortController();
  if (timeout === undefined) return { signal: signal ?? timer.signal, [Symbol.dispose]: () => undefined };
  const milliseconds = parseDuration(timeout);
  const expire = () => timer.abort(deadlineError(milliseconds, purpose));
  const handle = setTimeout(expire, Math.min(milliseconds, LONGEST_TIMER));
  return {
    signal: signal ? AbortSignal.any([signal, timer.signal]) : timer.signal,
    [Symbol.dispose]: () => clearTimeout(handle),
  };
}

/** Settles as `promise` does, or rejects with the signal's reason as soon as it aborts. */
export function raceSignal<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  const { promise: aborted, reject } = Promise.withResolvers<never>();
  const onAbort = () => reject(signal.reason);
  if (signal.aborted) onAbort();
  signal.addEventListener('abort', onAbort, { once: true });
  return Promise.race([promise, aborted]).finally(() => signal.removeEventListener('abort', onAbort));
}

function deadlineError(
  milliseconds: number,
  { operation, waitingFor, fault }: DeadlinePurpose,
): DeadlineError {
  const after = formatDuration(milliseconds);
  return new DeadlineError(
    `${operation}: gave up after ${after}, still waiting for ${waitingFor}`,
    { after, waitingFor },
    { operation, ...(fault && { fault }) },
  );
}
