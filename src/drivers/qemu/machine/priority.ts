import { readdirSync, readFileSync } from 'node:fs';
import { constants, getPriority, setPriority } from 'node:os';

/** By how much what is done in the background is nicer than we. */
const NICER = 10;

/** `CAP_SYS_NICE`, as Linux numbers it. */
const SYS_NICE = 23n;

/** What Linux tells of a process that wants to give priority. */
export interface Rights {
  readonly uid: number | undefined;
  /** How nice it is. */
  readonly nice: number;
  /** `/proc/self/status`. */
  readonly status: string;
  /** `/proc/self/limits`. */
  readonly limits: string;
}

/**
 * Whether a priority that was lowered can be given back. Root may, unless his container has taken that from him; others may as far as
 * their limit allows (`ulimit -e`), and mostly may only lower it further.
 */
export function canGiveBack({ uid, nice, status, limits }: Rights): boolean {
  const [, capabilities = '0'] = /^CapEff:\s*([0-9a-f]+)/m.exec(status) ?? [];
  if ((BigInt(`0x${capabilities}`) >> SYS_NICE) & 1n) return true;
  const [, limit = '0'] = /^Max nice priority +(\S+)/m.exec(limits) ?? [];
  // Root's QEMU is another user's, whose priority takes the capability.
  return uid !== 0 && (limit === 'unlimited' || Number(limit) >= 20 - nice);
}

let known: boolean | undefined;

function canRaise(): boolean {
  known ??=
    process.platform === 'linux' &&
    canGiveBack({
      uid: process.getuid?.(),
      nice: getPriority(),
      status: readFileSync('/proc/self/status', 'utf8'),
      limits: readFileSync('/proc/self/limits', 'utf8'),
    });
  return known;
}

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
