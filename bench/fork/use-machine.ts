import type { Figure } from './figure.ts';
import type { Guest } from './guest.ts';
import { unshared } from './memory.ts';
import { beginningOf } from './timeline.ts';

/** The steps of a fork's start, as `describe` tells them. */
export const STEPS = {
  files: { what: 'of which its files', unit: 'ms' },
  spawn: { what: 'of which the process', unit: 'ms' },
  qmp: { what: 'of which QEMU’s start, until it obeys', unit: 'ms' },
  incoming: { what: 'of which the state is taken in', unit: 'ms' },
  warm: { what: 'before the call: its guest is warmed up', unit: 'ms' },
  cont: { what: 'of which its CPUs are started', unit: 'ms' },
  renew: { what: 'after which its clock is set', unit: 'ms' },
} as const satisfies Readonly<Record<string, Omit<Figure, 'values'>>>;

/** What `uname -r` prints; no line that is typed looks like it. */
export const RELEASE = /\d+\.\d+\.\d+\S*\r?\n/;

/** Gets a machine, has it run a command that is typed on its console, and ends it. Times are in milliseconds, memory in MiB. */
export async function useMachine(
  get: () => Promise<Guest['vm'] & AsyncDisposable>,
): Promise<Record<string, number>> {
  const [start, clock] = [performance.now(), Date.now()];
  await using machine = await get();
  const returned = performance.now() - start;
  const { artifacts, fork: about } = await machine.describe();
  if (artifacts === null) throw new Error('the machine has no folder for what it leaves');
  const { pid, running } = await beginningOf(artifacts);
  const before = unshared(pid);
  // What we look at meanwhile is not the machine's time.
  const looked = performance.now() - start - returned;
  await using tty = await machine.console.open();
  await tty.sendLine('uname -r');
  await tty.expect(RELEASE, { timeout: '5m' });
  const answered = performance.now() - start - looked;
  return { running: running - clock, returned, answered, ...about?.steps, before, after: unshared(pid) };
}
