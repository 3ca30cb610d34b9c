/** Does things one after the other. What fails is told, and keeps nothing from being done. */
export class Sequence {
  readonly #onFailure: (reason: unknown) => void;
  #last: Promise<void> = Promise.resolve();

  constructor(onFailure: (reason: unknown) => void) {
    this.#onFailure = onFailure;
  }

  /** Does this when everything before is done. */
  add(act: () => Promise<void> | void): void {
    this.#last = this.#last.then(act).catch(this.#onFailure);
  }

  /** Resolves when everything is done that has been added so far. */
  async done(): Promise<void> {
    await this.#last;
  }
}
