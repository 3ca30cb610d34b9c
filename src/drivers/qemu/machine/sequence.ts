/** Does things one after the other. What fails keeps nothing from being done. */
export class Sequence {
  #last: Promise<void> = Promise.resolve();

  /** Does this when everything before is done. */
  add(act: () => Promise<void> | void): void {
    this.#last = this.#last.then(act).catch(() => undefined);
  }

  /** Resolves when everything is done that has been added so far. */
  async done(): Promise<void> {
    await this.#last;
  }
}
