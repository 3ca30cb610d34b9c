import type { MessageInitShape } from '@bufbuild/protobuf';
import type { LogStreamResponseSchema } from '../gen/jumpstarter/v1/jumpstarter_pb.ts';

/** An entry as it travels. */
export type LogMessage = MessageInitShape<typeof LogStreamResponseSchema>;

/** What a session keeps for each reader, and for the first one to come; the oldest go first. */
export const MAX_LOG_ENTRIES = 256;

/**
 * The log of a session for its clients. Every reader gets every entry from when it began to read; what comes while there
 * is none waits for the next.
 */
export class LogQueue {
  readonly #readers = new Set<Entries>();
  #unread = new Entries();

  push(entry: LogMessage): void {
    if (this.#readers.size === 0) this.#unread.push(entry);
    for (const reader of this.#readers) reader.push(entry);
  }

  /** Entries as they come, without end. @throws the reason of `signal` */
  async *read(signal: AbortSignal): AsyncGenerator<LogMessage, never> {
    const entries = this.#unread;
    this.#unread = new Entries();
    this.#readers.add(entries);
    try {
      for (;;) yield await entries.next(signal);
    } finally {
      this.#readers.delete(entries);
      if (this.#readers.size === 0) this.#unread = entries;
    }
  }
}

/** What one reader has not read yet. */
class Entries {
  readonly #entries: LogMessage[] = [];
  #waiting: PromiseWithResolvers<void> | undefined;

  push(entry: LogMessage): void {
    this.#entries.push(entry);
    if (this.#entries.length > MAX_LOG_ENTRIES) this.#entries.shift();
    this.#waiting?.resolve();
  }

  async next(signal: AbortSignal): Promise<LogMessage> {
    for (;;) {
      signal.throwIfAborted();
      const entry = this.#entries.shift();
      if (entry) return entry;
      await this.#more(signal);
    }
  }

  async #more(signal: AbortSignal): Promise<void> {
    const waiting = Promise.withResolvers<void>();
    const onAbort = () => waiting.reject(signal.reason);
    this.#waiting = waiting;
    signal.addEventListener('abort', onAbort, { once: true });
    await waiting.promise.finally(() => signal.removeEventListener('abort', onAbort));
  }
}
