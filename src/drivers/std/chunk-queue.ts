/** Chunks that wait for their reader, without a limit of its own. What came before the end is read before it. */
export class ChunkQueue {
  readonly #waiting: Uint8Array[] = [];
  #unread = 0;
  #end: { readonly reason?: unknown } | undefined;
  #changed = Promise.withResolvers<void>();

  /** Bytes that wait. */
  get unread(): number {
    return this.#unread;
  }

  push(chunk: Uint8Array): void {
    if (this.#end) return;
    this.#waiting.push(chunk);
    this.#unread += chunk.length;
    this.#changed.resolve();
  }

  /** Nothing more comes; the reader gets `reason` if there is one. Only the first call counts. */
  end(reason?: unknown): void {
    this.#end ??= reason === undefined ? {} : { reason };
    this.#changed.resolve();
  }

  /** The chunks to their end; another loop goes on where one was left. `onTaken` is told after each. */
  async *read(onTaken: () => void = () => undefined): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.#waiting.shift();
      if (chunk) {
        this.#unread -= chunk.length;
        onTaken();
        yield chunk;
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
