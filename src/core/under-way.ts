/** What has been begun and is not over. Whoever began it gets what comes of it; whoever closes the whole waits until all is over. */
export class UnderWay {
  readonly #all = new Set<Promise<unknown>>();

  /** Notes what was begun, and returns it. */
  add<T>(act: PromiseLike<T>): Promise<T> {
    const promise = Promise.resolve(act);
    const over = promise.catch(() => undefined).finally(() => this.#all.delete(over));
    this.#all.add(over);
    return promise;
  }

  /** Resolves when nothing is under way any more, also of what is begun meanwhile. */
  async over(): Promise<void> {
    while (this.#all.size > 0) await Promise.all(this.#all);
  }
}
