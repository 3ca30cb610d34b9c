/** Opens things, one of them before anybody asks for it. Disposing of it closes the one that nobody has taken. */
export class OneAhead<T extends AsyncDisposable> implements AsyncDisposable {
  readonly #open: () => Promise<T>;
  #next: Promise<T | undefined> | undefined;
  #closed = false;
  #ready = false;

  constructor(open: () => Promise<T>) {
    this.#open = open;
  }

  /** Begins to open one, unless there is one. That it fails is no matter: whoever takes one tries again. */
  prepare(): void {
    if (this.#closed || this.#next) return;
    const next = this.#open().catch(() => undefined);
    this.#next = next;
    void next.then((one) => {
      if (this.#next === next) this.#ready = one !== undefined;
    });
  }

  /** Whether there is one, and nobody waits for it. */
  get isReady(): boolean {
    return this.#ready;
  }

  /** The one that was opened ahead, or a new one: it is the caller's now. */
  async take(): Promise<T> {
    return (await this.takeReady()) ?? (await this.#open());
  }

  /** The one that was opened ahead; undefined where there is none. */
  async takeReady(): Promise<T | undefined> {
    const next = this.#next;
    this.#next = undefined;
    this.#ready = false;
    return await next;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    await (await this.takeReady())?.[Symbol.asyncDispose]();
  }
}
