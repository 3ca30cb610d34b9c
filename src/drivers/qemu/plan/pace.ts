import type { Pace } from '../../../core/index.ts';
import type { AcceleratorName, Arch } from '../architectures.ts';

/** What the pace of a machine depends on. */
export interface PaceFacts {
  readonly accelerator: AcceleratorName;
  readonly guest: Arch;
  /** The host's architecture, if it is one that machines can have. */
  readonly host: Arch | undefined;
  /** How long the host takes for one step of the calibration, in nanoseconds. */
  readonly step: number;
}

/** Nanoseconds of one step on the host that the default deadlines were chosen on. See ADR 6 for this and what follows. */
export const REFERENCE_STEP = 2.8;
/** How many times the time of an accelerated machine an emulated one is given, by whose instructions they are. */
const EMULATED = { same: 4, foreign: 6 };
/** The most that a deadline is stretched. */
export const GREATEST_FACTOR = 10;

/** How many times the default deadlines a machine is given: from 1 to 10. */
export function planPace({ accelerator, guest, host, step }: PaceFacts): Pace {
  const emulated = accelerator === 'tcg';
  const emulation = emulated ? EMULATED[guest === host ? 'same' : 'foreign'] : 1;
  const slowness = step / REFERENCE_STEP;
  const exact = emulation * slowness;
  const factor = Math.round(10 * Math.min(Math.max(exact, 1), GREATEST_FACTOR)) / 10;
  const how = emulated
    ? `${guest} emulated on ${host ?? 'another architecture'}`
    : `${guest} on ${accelerator}`;
  const speed = `this host takes ${slowness.toFixed(1)} times as long as the reference`;
  const bound = exact > GREATEST_FACTOR ? `; at most ${GREATEST_FACTOR}` : '';
  return { factor, reason: `${how}, ${speed}${bound}` };
}
