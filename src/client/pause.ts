import { setTimeout as delay } from 'node:timers/promises';

/** Waits where nothing tells when to go on. @throws the signal's reason when that aborts. */
export async function pause(milliseconds: number, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted();
  await delay(milliseconds, undefined, { signal }).catch(() => signal.throwIfAborted());
}
