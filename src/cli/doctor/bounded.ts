import { type Duration, raceSignal, startDeadline } from '../../core/index.ts';
import type { Known } from './facts.ts';

/** What `look` finds out, unless it fails or takes longer than `limit`: then why not. @throws only when `signal` aborts. */
export async function bounded<T>(
  limit: Duration,
  signal: AbortSignal | undefined,
  look: (signal: AbortSignal) => Promise<T>,
): Promise<Known<T>> {
  using deadline = startDeadline(
    { signal, timeout: limit },
    { operation: 'doctor', waitingFor: 'a check', fault: 'lab' },
  );
  try {
    return await raceSignal(look(deadline.signal), deadline.signal);
  } catch (error) {
    signal?.throwIfAborted();
    if (deadline.signal.aborted) return { unknown: `finding out took longer than ${limit}` };
    return { unknown: error instanceof Error ? error.message : String(error) };
  }
}
