import type { Http2Stream } from 'node:http2';
import type { Encode } from './codec.ts';
import { WRITE_AHEAD } from './limits.ts';

/**
 * The sending side of a call. While one write is under way the next messages gather and go out together. Writers that
 * do not wait for `write` are not stopped; the others keep what is buffered below WRITE_AHEAD and one message.
 */
export class MessageWriter<T> {
  readonly #stream: Http2Stream;
  readonly #encode: Encode<T>;
  #pending = 0;
  #room: PromiseWithResolvers<void> | undefined;
  #closed: (() => unknown) | undefined;

  constructor(stream: Http2Stream, encode: Encode<T>) {
    this.#stream = stream;
    this.#encode = encode;
  }

  /** Sends a message, which is the writer's from then on. Resolves when there is room for the next. */
  write(message: T): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closed());
    const chunks = this.#encode(message);
    const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
    this.#pending += size;
    this.#writeAll(chunks, () => this.#sent(size));
    if (this.#pending < WRITE_AHEAD) return READY;
    if (!this.#room) {
      this.#room = Promise.withResolvers();
      this.#room.promise.catch(() => undefined); // A caller may choose not to wait.
    }
    return this.#room.promise;
  }

  /** Makes waiting and later writes reject with what `reason` returns. Only the first call counts. */
  close(reason: () => unknown): void {
    this.#closed ??= reason;
    this.#room?.reject(this.#closed());
    this.#room = undefined;
  }

  #writeAll(chunks: readonly Uint8Array[], onSent: () => void): void {
    const last = chunks.length - 1;
    if (last > 0) this.#stream.cork();
    for (const [index, chunk] of chunks.entries())
      this.#stream.write(chunk, index === last ? onSent : undefined);
    if (last > 0) this.#stream.uncork();
  }

  #sent(size: number): void {
    this.#pending -= size;
    if (!this.#room || this.#pending >= WRITE_AHEAD) return;
    this.#room.resolve();
    this.#room = undefined;
  }
}

const READY = Promise.resolve();
