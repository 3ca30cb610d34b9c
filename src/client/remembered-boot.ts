import { StateError, type WaitOptions } from '../core/index.ts';
import type { MachineDescription } from '../interfaces/index.ts';
import type { MachineHandle } from './machine.ts';
import type { VirtualPowerHandle } from './power.ts';

/** A machine that remembers boots (`boot: { remember: true }` in its configuration), or does not. */
export interface RemembersBoots extends Pick<MachineHandle, 'describe' | 'events'> {
  readonly power: Pick<VirtualPowerHandle, 'on'>;
}

/** How a power-on went. */
export interface BootedMachine extends NonNullable<MachineDescription['boot']> {
  /**
   * Resolves once nobody waits for this boot to be stored any more: to `stored` when a later power-on resumes from it, else to the
   * reason. Whoever switches the machine off, saves it or types into it before may keep it from being stored.
   */
  readonly settled: Promise<{ readonly stored: boolean; readonly reason: string }>;
}

const STORED = { stored: true, reason: 'it was stored' } as const;

/** Switches a machine on and tells whether it boots or resumes, and what becomes of a boot that is to be remembered. */
export async function bootRemembering(
  machine: RemembersBoots,
  options: WaitOptions = {},
): Promise<BootedMachine> {
  const settled = outcomeOf(machine, options.signal);
  // Whoever only wants to know how it began need not care.
  settled.catch(() => undefined);
  // Answered after the machine has got to the call before.
  await machine.describe(options);
  await machine.power.on(options);
  const { boot } = await machine.describe(options);
  if (!boot) return cold('boots are not remembered here');
  if (boot.kind === 'remembered') return { ...boot, settled: Promise.resolve(STORED) };
  return { ...boot, settled };
}

const cold = (reason: string): BootedMachine => ({
  ...{ kind: 'cold', reason },
  settled: Promise.resolve({ stored: false, reason }),
});

async function outcomeOf(machine: RemembersBoots, signal: AbortSignal | undefined) {
  for await (const { event, data } of machine.events({ signal })) {
    if (event === 'BOOT_REMEMBERED') return STORED;
    if (event === 'BOOT_NOT_REMEMBERED') return { stored: false, reason: String(data['reason']) };
  }
  throw new StateError('the machine is no longer followed', { state: 'closed', needed: 'open' });
}
