/** Messages that wait for their reader. What came before the end is read before it. */
export class MessageQueue {
  readonly #waiting: Uint8Array[] = [];
  #unread = 0;
  #end: { readonly reason?: unknown } | undefined;
  #changed = Promise.withResolvers<void>();

  /** Bytes that wait. */
  get unread(): number {
    return this.#unread;
  }

  push(message: Uint8Array): void {
    if (this.#end) return;
    this.#waiting.push(message);
    this.#unread += message.length;
    this.#changed.resolve();
  }

  /** Nothing more comes; the reader gets `reason` if there is one. Only the first call counts. */
  end(reason?: unknown): void {
    this.#end ??= reason === undefined ? {} : { reason };
    this.#changed.resolve();
  }

  /** The messages to their end; another loop goes on where one was left. `onTaken` is told after each. */
  async *read(onTaken: () => void = () => undefined): AsyncGenerator<Uint8Array> {
    for (;;) {
      const message = this.#waiting.shift();
      if (message) {
        this.#unread -= message.length;
        onTaken();
        yield message;
      } else if (this.#end) {
        if ('reason' in this.#end) throw this.#end.reason;
        return;
      } else {
        this.#changed = Promise.withResolvers();
        await this.#changed.promise;
      }
    }
  }
}
