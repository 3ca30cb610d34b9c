/** Opens things, one of them before anybody asks for it. Disposing of it closes the one that nobody has taken. */
export class OneAhead<T extends AsyncDisposable> implements AsyncDisposable {
  readonly #open: () => Promise<T>;
  #next: Promise<T> | undefined;
  #closed = false;

  constructor(open: () => Promise<T>) {
    this.#open = open;
  }

  /** Begins to open one, unless there is one. That it fails is no matter: whoever takes one tries again. */
  prepare(): void {
    if (this.#closed) return;
    this.#next ??= this.#open();
    this.#next.catch(() => undefined);
  }

  /** The one that was opened ahead, or a new one: it is the caller's now. */
  async take(): Promise<T> {
    const next = this.#next;
    this.#next = undefined;
    return (await next?.catch(() => undefined)) ?? (await this.#open());
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closed = true;
    const next = await this.#next?.catch(() => undefined);
    await next?.[Symbol.asyncDispose]();
  }
}
