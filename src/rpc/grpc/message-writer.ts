import type { Http2Stream } from 'node:http2';
import { type Share, shareOfWrites } from './budget.ts';
import type { Encode } from './codec.ts';
import { joinSmall } from './framing.ts';
import { WRITE_AHEAD } from './limits.ts';

/**
 * The sending side of a call. What is written before the program waits for something gathers, and goes out together: many
 * small messages cost little more than one. Writers that do not wait for `write` are not stopped; the others keep what is
 * buffered below WRITE_AHEAD and one message.
 */
export class MessageWriter<T> {
  readonly #stream: Http2Stream;
  readonly #encode: Encode<T>;
  #gathered: Uint8Array[] = [];
  #gatheredSize = 0;
  readonly #share: Share;
  #pending = 0;
  #room: PromiseWithResolvers<void> | undefined;
  #closed: (() => unknown) | undefined;

  constructor(stream: Http2Stream, encode: Encode<T>) {
    this.#stream = stream;
    this.#encode = encode;
    this.#share = shareOfWrites(stream);
  }

  /** Sends a message, which is the writer's from then on. Resolves when there is room for the next. */
  write(message: T): Promise<void> {
    if (this.#closed) return Promise.reject(this.#closed());
    // Ticks come after all that promises have led to.
    if (this.#gathered.length === 0) process.nextTick(() => this.flush());
    for (const chunk of this.#encode(message)) {
      this.#gathered.push(chunk);
      this.#gatheredSize += chunk.length;
      this.#pending += chunk.length;
    }
    this.#share.set(this.#pending);
    if (this.#hasRoom) return READY;
    if (!this.#room) {
      this.#room = Promise.withResolvers();
      this.#room.promise.catch(() => undefined); // A caller may choose not to wait.
    }
    return this.#room.promise;
  }

  /** Hands what has gathered to the stream; to be called before its end. */
  flush(): void {
    if (this.#gathered.length === 0) return;
    const size = this.#gatheredSize;
    const chunks = joinSmall(this.#gathered);
    this.#gathered = [];
    this.#gatheredSize = 0;
    if (this.#stream.destroyed || this.#stream.writableEnded) return;
    const last = chunks.length - 1;
    const onSent = () => this.#sent(size);
    if (last > 0) this.#stream.cork();
    for (const [index, chunk] of chunks.entries())
      this.#stream.write(chunk, index === last ? onSent : undefined);
    if (last > 0) this.#stream.uncork();
  }

  /** Makes waiting and later writes reject with what `reason` returns. Only the first call counts. */
  close(reason: () => unknown): void {
    this.#closed ??= reason;
    this.flush();
    this.#room?.reject(this.#closed());
    this.#room = undefined;
  }

  get #hasRoom(): boolean {
    return this.#share.isSpent ? this.#pending === 0 : this.#pending < WRITE_AHEAD;
  }

  #sent(size: number): void {
    this.#pending -= size;
    this.#share.set(this.#pending);
    if (!this.#room || !this.#hasRoom) return;
    this.#room.resolve();
    this.#room = undefined;
  }
}

const READY = Promise.resolve();
