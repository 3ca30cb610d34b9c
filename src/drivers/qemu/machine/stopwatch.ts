/** How long each of several steps takes, in milliseconds: from the end of the one before, or from the beginning. */
export class Stopwatch<Step extends string> {
  #last = performance.now();
  readonly #taken: Partial<Record<Step, number>> = {};

  /** Begins anew, after a rest. */
  start(): void {
    this.#last = performance.now();
  }

  /** This step is done, and the next begins. Of a step that comes again, the first time counts. */
  done(step: Step): void {
    const now = performance.now();
    this.#taken[step] ??= Math.round((now - this.#last) * 100) / 100;
    this.#last = now;
  }

  /** The steps that are done. */
  get taken(): Readonly<Partial<Record<Step, number>>> {
    return this.#taken;
  }
}
