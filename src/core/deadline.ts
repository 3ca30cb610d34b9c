import { DeadlineError, type Fault } from './errors.ts';
import { type Duration, formatDuration, parseDuration } from './units.ts';

/** What every call that may take time accepts, always as its last argument. */
export interface WaitOptions {
  /** Ends the call; it rejects with `signal.reason`, untouched. */
  readonly signal?: AbortSignal | undefined;
  /** The longest the call may take; afterwards it rejects with a DeadlineError. */
  readonly timeout?: Duration | undefined;
}

/** How much more time than others a device needs, and why. */
export interface Pace {
  /** 1 or more. */
  readonly factor: number;
  readonly reason: string;
}

/** What is waited when the caller does not say how long. */
export interface DefaultTime {
  readonly timeout: Duration;
  /** How much longer; until that is known, not longer. */
  readonly pace?: Promise<Pace> | undefined;
}

/** Options whose caller may have left the time open. */
export interface OpenWait extends WaitOptions {
  readonly byDefault?: DefaultTime | undefined;
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

/**
 * Starts the clock of `options.timeout`, or of the default where there is none, and joins it with `options.signal`. Dispose
 * of it when the call has ended.
 */
export function startDeadline(options: OpenWait, purpose: DeadlinePurpose): Deadline {
  const { signal, byDefault } = options;
  const timeout = options.timeout ?? byDefault?.timeout;
  const timer = new AbortController();
  if (timeout === undefined) return { signal: signal ?? timer.signal, [Symbol.dispose]: () => undefined };
  const milliseconds = parseDuration(timeout);
  const pace = options.timeout === undefined ? settledValue(byDefault?.pace) : () => undefined;
  const expire = (waited: number, scaling: string | undefined) =>
    timer.abort(deadlineError(waited, scaling, purpose));
  let handle = setTimer(milliseconds, () => {
    const { factor = 1, reason = '' } = pace() ?? {};
    if (factor <= 1) return expire(milliseconds, undefined);
    const scaling = `${describeTime(timeout)} x ${factor}: ${reason}`;
    handle = setTimer(milliseconds * (factor - 1), () => expire(milliseconds * factor, scaling));
  });
  return {
    signal: signal ? AbortSignal.any([signal, timer.signal]) : timer.signal,
    [Symbol.dispose]: () => clearTimeout(handle),
  };
}

const setTimer = (milliseconds: number, act: () => void) =>
  setTimeout(act, Math.min(milliseconds, LONGEST_TIMER));

const describeTime = (timeout: Duration) => (typeof timeout === 'number' ? formatDuration(timeout) : timeout);

/** What has become of a promise so far. */
function settledValue<T>(promise: Promise<T> | undefined): () => T | undefined {
  let value: T | undefined;
  promise?.then(
    (result) => {
      value = result;
    },
    () => undefined,
  );
  return () => value;
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
  scaling: string | undefined,
  { operation, waitingFor, fault }: DeadlinePurpose,
): DeadlineError {
  const after = formatDuration(milliseconds);
  const fields = { after, waitingFor, ...(scaling !== undefined && { scaling }) };
  const message = `${operation}: gave up after ${describeDeadline(fields)}, still waiting for ${waitingFor}`;
  return new DeadlineError(message, fields, { operation, ...(fault && { fault }) });
}

/** The time of a deadline that has struck, with how it came about: `8 m 00 s (2m x 4: ...)`. */
export function describeDeadline({
  after,
  scaling,
}: Pick<DeadlineError, 'after'> & { scaling?: string | undefined }): string {
  return scaling === undefined ? after : `${after} (${scaling})`;
}
