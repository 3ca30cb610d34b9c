import type { MessageInitShape } from '@bufbuild/protobuf';
import type { LogStreamResponseSchema } from '../gen/jumpstarter/v1/jumpstarter_pb.ts';

/** An entry as it travels. */
export type LogMessage = MessageInitShape<typeof LogStreamResponseSchema>;

/** What a session keeps for readers to come; the oldest go first. */
const CAPACITY = 256;

/** The log of a session for its clients. Reading takes entries out: readers at the same time share them. */
export class LogQueue {
  readonly #entries: LogMessage[] = [];
  readonly #waiting = new Set<(entry: LogMessage) => void>();

  push(entry: LogMessage): void {
    const [reader] = this.#waiting;
    if (reader) {
      this.#waiting.delete(reader);
      reader(entry);
      return;
    }
    this.#entries.push(entry);
    if (this.#entries.length > CAPACITY) this.#entries.shift();
  }

  /** Entries as they come, without end. @throws the reason of `signal` */
  async *read(signal: AbortSignal): AsyncGenerator<LogMessage, never> {
    for (;;) yield this.#entries.shift() ?? (await this.#next(signal));
  }

  async #next(signal: AbortSignal): Promise<LogMessage> {
    signal.throwIfAborted();
    const { promise, resolve, reject } = Promise.withResolvers<LogMessage>();
    const onAbort = () => {
      this.#waiting.delete(resolve);
      reject(signal.reason);
    };
    this.#waiting.add(resolve);
    signal.addEventListener('abort', onAbort, { once: true });
    return await promise.finally(() => signal.removeEventListener('abort', onAbort));
  }
}
