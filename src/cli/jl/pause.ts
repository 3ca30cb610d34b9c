import { setTimeout as delay } from 'node:timers/promises';

/** Waits for a time that the user has asked for. @throws the signal's reason when that aborts */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await delay(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
}

/** Waits until the user has had enough. @throws the signal's reason */
export async function untilInterrupted(signal: AbortSignal): Promise<never> {
  const { promise, reject } = Promise.withResolvers<never>();
  if (signal.aborted) reject(signal.reason);
  else signal.addEventListener('abort', () => reject(signal.reason), { once: true });
  return await promise;
}
