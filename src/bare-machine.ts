import type { ConsoleHandle, MachineHandle, VirtualPowerHandle, Waitable } from './client/index.ts';
import type { Driver } from './driver/index.ts';
import type { Machine } from './interfaces/index.ts';

/** A driver of whole machines. */
export type MachineDriver = Driver<typeof Machine>;

/** What every machine has, whatever its rig says. */
export type BareMachine = MachineHandle &
  Waitable & { readonly console: ConsoleHandle; readonly power: VirtualPowerHandle };

/** The handles of a machine of which only this is known. */
export const bareMachine = <Vm extends object>(vm: Vm) => vm as Vm & BareMachine; // SAFE: machines call their parts so
