import { readdirSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';

/** By how much what is done in the background is nicer than we. */
const NICER = 10;

/** Whether a priority that was lowered can be given back: others may only lower it further. */
const canRaise = () => process.platform === 'linux' && process.getuid?.() === 0;

/** Lets a process that was just started give way to all others, where that can be taken back. */
export function giveWay(pid: number): void {
  if (canRaise())
    quietly(() => setPriority(pid, Math.min(getPriority() + NICER, constants.priority.PRIORITY_LOW)));
}

/** Lets it be as others again: each of its threads has a priority of its own. */
export function goFirst(pid: number): void {
  if (!canRaise()) return;
  quietly(() => {
    const own = getPriority();
    for (const thread of readdirSync(`/proc/${pid}/task`)) setPriority(Number(thread), own);
  });
}

/** What has ended meanwhile is found to have ended elsewhere. */
function quietly(act: () => void): void {
  try {
    act();
  } catch (error) {
    if (!['ESRCH', 'ENOENT'].includes(String((error as NodeJS.ErrnoException).code))) throw error; // SAFE: only looked at
  }
}
