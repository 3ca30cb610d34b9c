import type { Duration } from '../../../core/index.ts';
import type { PowerPlan, SessionParts } from './power-plan.ts';
import type { PowerSession } from './power-session.ts';

/** How to switch off; nothing means at once. */
export interface Off {
  readonly mode: 'graceful' | 'forced';
  readonly deadline?: Duration | undefined;
}

/** What is to be done at a power-on. */
export interface PowerOn extends PowerPlan {
  /** What is to be started where this cannot be. */
  readonly otherwise?: ((error: unknown, signal: AbortSignal) => Promise<PowerOn>) | undefined;
  /** Is called when the CPUs run, before whoever has switched the machine on is told so. */
  readonly onStarted?: ((session: PowerSession, signal: AbortSignal) => Promise<void>) | undefined;
}

/** Makes everything ready for QEMU to be started. */
export type Prepare = (signal: AbortSignal) => Promise<PowerOn>;

/** What a machine is made of. */
export interface MachineParts extends Omit<SessionParts, 'onEvent' | 'faults'> {
  /** Makes everything ready for a power-on: files, disks, the command line. */
  readonly prepare: Prepare;
  /** How long a guest may take to shut down, unless the caller says so. */
  readonly shutdownDeadline: Duration;
}
