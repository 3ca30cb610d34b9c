import { BusyError } from '../../core/index.ts';
import { type ByteChannel, type ConsoleStart, writtenAfterEnd } from '../../interfaces/index.ts';
import type { ConsoleReader } from './console-recording.ts';
import type { FakeConsoleDevice } from './fake-console.ts';

/** Who has the turn to write, since when (ISO 8601). */
export interface ConsoleWriter {
  readonly stream: ConsoleStream;
  readonly holder: string;
  readonly since: string;
}

/** One look at a console. It may type while no other stream does; when it does so all the same, it is ended. */
export class ConsoleStream implements ByteChannel {
  readonly #device: FakeConsoleDevice;
  readonly #read: ConsoleReader;
  readonly #holder: string;
  readonly #ending = new AbortController();
  #hasEnded = false;

  constructor(device: FakeConsoleDevice, from: ConsoleStart, holder: string, counts?: boolean) {
    this.#device = device;
    this.#read = device.recording.reader(from, counts);
    this.#holder = holder;
  }

  /** This stream as the one with the turn. */
  asWriter(): ConsoleWriter {
    return { stream: this, holder: this.#holder, since: new Date().toISOString() };
  }

  async write(chunk: Uint8Array): Promise<void> {
    if (this.#hasEnded) throw writtenAfterEnd();
    try {
      this.#device.claimTurn(this.asWriter());
    } catch (busy) {
      this.#close(busy);
      throw busy;
    }
    this.#device.type(chunk);
  }

  async end(): Promise<void> {
    this.#hasEnded = true;
    if (this.#device.writer?.stream === this) this.#device.writer = undefined;
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const { signal } = this.#ending;
    try {
      for (;;) yield await this.#read(signal);
    } catch (reason) {
      if (reason instanceof BusyError) throw reason;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#close();
  }

  #close(reason?: unknown): void {
    void this.end();
    this.#device.streams.delete(this);
    this.#ending.abort(reason);
  }
}
