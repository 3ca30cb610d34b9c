import { setTimeout as wait } from 'node:timers/promises';

/** Milliseconds before each new try, for as long as none brings a byte. */
export const WAITS: readonly number[] = [0, 1_000, 5_000, 15_000, 30_000];

/** How often something that fails is tried again. */
export class Tries {
  readonly #waits: readonly number[];
  readonly #signal: AbortSignal;
  #failed = 0;

  constructor(waits: readonly number[], signal: AbortSignal) {
    this.#waits = waits;
    this.#signal = signal;
  }

  /** Something came: the next failure is the first again. */
  reset(): void {
    this.#failed = 0;
  }

  /** Resolves when it is time for another try. @throws `failure` when there have been enough; the signal's reason. */
  async next(failure: unknown): Promise<void> {
    const pause = this.#waits[this.#failed++];
    if (pause === undefined) throw failure;
    try {
      if (pause > 0) await wait(pause, undefined, { signal: this.#signal });
    } finally {
      this.#signal.throwIfAborted();
    }
  }
}
