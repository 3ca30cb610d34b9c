import type { WaitOptions } from '../core/index.ts';
import type { MachineDescription } from '../interfaces/index.ts';
import type { MachineHandle } from './machine.ts';
import type { VirtualPowerHandle } from './power.ts';

/** A machine that remembers boots (`boot: { remember: true }` in its configuration), or does not. */
export interface RemembersBoots extends Pick<MachineHandle, 'describe' | 'events'> {
  readonly power: Pick<VirtualPowerHandle, 'on'>;
}

/** What became of a boot. */
export interface BootOutcome {
  /** A later power-on resumes from it. */
  readonly stored: boolean;
  readonly reason: string;
}

/** How a power-on went. */
export interface BootedMachine extends NonNullable<MachineDescription['boot']> {
  /**
   * Resolves when a boot has been stored, or is not going to be. Whoever switches the machine off, saves it or types into it before
   * may keep it from being stored. Rejects when the session ends first.
   */
  readonly settled: Promise<BootOutcome>;
}

/** Switches a machine on and tells whether it boots or resumes, and what becomes of a boot that is to be remembered. */
export async function bootRemembering(
  machine: RemembersBoots,
  options: WaitOptions = {},
): Promise<BootedMachine> {
  const following = new AbortController();
  const settled = outcomeOf(machine, following.signal);
  // Whoever only wants to know how it began need not care.
  settled.catch(() => undefined);
  // Answered after the machine has got to the call before.
  await machine.describe(options);
  await machine.power.on(options);
  const { boot } = await machine.describe(options);
  if (boot?.kind === 'cold') return { ...boot, settled };
  following.abort();
  const how = boot ?? { kind: 'cold', reason: 'boots are not remembered here' };
  return { ...how, settled: Promise.resolve({ stored: boot !== undefined, reason: how.reason }) };
}

async function outcomeOf(machine: RemembersBoots, signal: AbortSignal): Promise<BootOutcome> {
  for await (const { event, data } of machine.events({ signal })) {
    if (event === 'BOOT_REMEMBERED') return { stored: true, reason: 'it was stored' };
    if (event === 'BOOT_NOT_REMEMBERED') return { stored: false, reason: String(data['reason']) };
  }
  return { stored: false, reason: 'the machine is no longer followed' };
}
