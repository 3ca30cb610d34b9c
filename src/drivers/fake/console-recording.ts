import { raceSignal } from '../../core/index.ts';
import type { ConsoleStart } from '../../interfaces/index.ts';

/** Reads a recording at its own pace. Waits for what comes next, or rejects with the signal's reason. */
export type ConsoleReader = (signal: AbortSignal) => Promise<Uint8Array>;

/** Everything a console has printed, kept in memory, for any number of readers. */
export class ConsoleRecording {
  #bytes = new Uint8Array();
  #boot = 0;
  #next = 0;
  #grown = Promise.withResolvers<void>();

  get length(): number {
    return this.#bytes.length;
  }

  /** Where the last power-on was. */
  get boot(): number {
    return this.#boot;
  }

  /** Where the next reader `from: 'next'` starts. */
  get next(): number {
    return this.#next;
  }

  append(chunk: Uint8Array): void {
    this.#bytes = Buffer.concat([this.#bytes, chunk]);
    this.#grown.resolve();
    this.#grown = Promise.withResolvers();
  }

  /** From here on it is another boot. */
  markBoot(): void {
    this.#boot = this.length;
    this.#next = this.length;
  }

  reader(from: ConsoleStart, counts = from === 'next'): ConsoleReader {
    let at = this.#startOf(from);
    return async (signal) => {
      while (at >= this.length) await raceSignal(this.#grown.promise, signal);
      signal.throwIfAborted();
      const chunk = this.#bytes.slice(at);
      at = this.length;
      // The readers that go on where the last one stopped share one position.
      if (counts) this.#next = at;
      return chunk;
    };
  }

  #startOf(from: ConsoleStart): number {
    if (typeof from === 'number') return from;
    return { next: this.#next, boot: this.#boot, now: this.length }[from];
  }
}
