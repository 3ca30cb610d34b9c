import type { Writable } from 'node:stream';
import type { Duration, Log } from '../../../core/index.ts';
import type { ConsoleFaultEvent, MachineEvent } from '../../../interfaces/index.ts';
import type { GuestAgent } from '../agent/guest-agent.ts';
import type { Recorder } from '../console/recorder.ts';
import type { PlannedForward } from '../plan/types.ts';
import type { Trail } from '../trail.ts';
import type { Launch, LaunchStep } from './instance.ts';
import type { MachineFaults } from './machine-faults.ts';

/** What one power-on needs: the command line with all its files in place. */
export interface PowerPlan extends Launch {
  readonly forwards: readonly PlannedForward[];
  readonly sockets: { readonly vnc: string };
  /** The saved machine that it starts from, where it does not boot. */
  readonly from?: string | undefined;
  /** The address of its guest, where that is another than QEMU gives first. */
  readonly guestAddress?: string | undefined;
  /** A file with what the console is to show before anything else: what it had shown by then. */
  readonly replay?: string | undefined;
  /**
   * What its guest does once before its start rests as `warm`; without it, it rests as `loaded`. To be left unfinished rather than to
   * fail.
   */
  readonly warmUp?: ((agent: GuestAgent, signal: AbortSignal) => Promise<unknown>) | undefined;
}

/** What a power session works with, and whom it tells. */
export interface SessionParts {
  readonly recorder: Recorder;
  readonly trail: Trail;
  readonly log: Log;
  /** Gets what goes wrong. */
  readonly faults: MachineFaults;
  /** What the user does not take for a fault. */
  readonly tolerate: readonly ConsoleFaultEvent[];
  /** Gets the console's input while the machine is on, and `undefined` afterwards. */
  readonly onConsole: (input: Writable | undefined) => void;
  /** Each event, in order; the last is `EXIT`. */
  readonly onEvent: (event: MachineEvent) => void;
  /** How long each step of insisting may take. */
  readonly patience?: Duration | undefined;
  /** Is told of each step of a start when it is done. */
  readonly onStep?: ((step: StartStep) => void) | undefined;
}

/** The steps of a start: until its files are there, until QEMU's process is, until it obeys, until it has a saved machine, until its guest is warm, until its CPUs run, until its guest has the time. */
export type StartStep = 'files' | LaunchStep | 'incoming' | 'warm' | 'cont' | 'renew';

/**
 * How far a start has come: QEMU has taken in the saved machine that it starts from, if there is one; its CPUs have run for a moment and
 * stand still again; they run.
 */
export type StartStage = 'loaded' | 'warm' | 'running';

/** Where a start can rest. */
export type RestStage = Exclude<StartStage, 'running'>;
