import { setTimeout as sleep } from 'node:timers/promises';
import { type Duration, parseDuration } from '../../../core/index.ts';

/** For each step of ending a QEMU whose disks nobody will read any more. The whole takes less than two seconds then. */
export const HASTE: Duration = '500ms';

/** Whether `event` comes within `time`. A process that never ends must not be waited for without an end. */
export async function comesWithin(event: Promise<unknown>, time: Duration): Promise<boolean> {
  const timer = new AbortController();
  const up = sleep(parseDuration(time), false, { signal: timer.signal }).catch(() => false);
  try {
    return await Promise.race([event.then(() => true), up]);
  } finally {
    timer.abort();
  }
}
