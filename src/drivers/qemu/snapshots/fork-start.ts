import type { CallContext, Offer } from '../../../driver/index.ts';
import type { StartStage } from '../machine/power-plan.ts';
import type { PrivateSpace } from '../space/private-space.ts';

/** A machine that was started from a saved one. Disposing of it ends it. */
export interface Fork extends AsyncDisposable {
  readonly name: string;
  /** What it has for itself. */
  space(): Promise<PrivateSpace>;
  /** Its start, where that rests: the machine is off until it goes on. */
  readonly resting: Resting | undefined;
}

/** A start that rests. */
export interface Resting {
  /** Resolves when it has come to nothing, or when the machine that has come of it is off again. */
  readonly ended: Promise<void>;
  /** Whether it still rests. */
  readonly rests: boolean;
  /** Aborts when the kernel of the machine that has come of it hits a bug, with the error of that; `undefined`: nothing has come of it. */
  readonly kernel?: AbortSignal | undefined;
  /** Its CPUs run. */
  goOn(context: CallContext): Promise<void>;
}

/** How a fork is made. */
export interface ForkStart {
  /** How it serves forks of its own. */
  readonly offer: Offer;
  readonly context: CallContext;
  /** How far its start is to come. */
  readonly stage: StartStage;
  /** Nobody waits for it. */
  readonly background?: boolean;
  /** Aborts when somebody does after all: what need not be done is left. */
  readonly hurry?: AbortSignal;
}
