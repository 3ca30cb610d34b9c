import { UnreachableError } from '../../core/index.ts';
import { type ByteChannel, writtenAfterEnd } from '../../interfaces/index.ts';

/** What a pipe holds before its writer has to wait. */
const CAPACITY = 64 * 1024;

/**
 * Bytes in one direction, within this process.
 *
 * A writer waits while 64 KiB are unread, and must not change a chunk that it has written. What was written before `end` is
 * read to its last byte; `close` is the reader's word that it wants no more.
 */
export class BytePipe {
  readonly #chunks: Uint8Array[] = [];
  #unread = 0;
  #ended = false;
  #closed = false;
  #changed = Promise.withResolvers<void>();

  /** @throws StateError after `end`; UnreachableError when the reader has closed. */
  async write(chunk: Uint8Array): Promise<void> {
    if (this.#ended) throw writtenAfterEnd();
    if (chunk.length > 0 && !this.#closed) {
      this.#chunks.push(chunk);
      this.#unread += chunk.length;
      this.#announce();
    }
    while (this.#unread > CAPACITY && !this.#closed) await this.#changed.promise;
    if (this.#closed) throw new UnreachableError('the reader has closed the stream', { target: 'pipe' });
  }

  /** The next chunk, or `undefined` after the last. */
  async read(): Promise<Uint8Array | undefined> {
    while (this.#chunks.length === 0 && !this.#ended && !this.#closed) await this.#changed.promise;
    const chunk = this.#chunks.shift();
    this.#unread -= chunk?.length ?? 0;
    this.#announce();
    return chunk;
  }

  end(): void {
    this.#ended = true;
    this.#announce();
  }

  close(): void {
    this.#closed = true;
    this.#chunks.length = 0;
    this.#unread = 0;
    this.#announce();
  }

  #announce(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** A channel that reads one pipe and writes another. */
export function channelFromPipes(incoming: BytePipe, outgoing: BytePipe): ByteChannel {
  return {
    write: (chunk) => outgoing.write(chunk),
    end: async () => outgoing.end(),
    async *[Symbol.asyncIterator]() {
      for (let chunk = await incoming.read(); chunk; chunk = await incoming.read()) yield chunk;
    },
    async [Symbol.asyncDispose]() {
      outgoing.end();
      incoming.close();
    },
  };
}

/** The two ends of a connection within this process: what one writes, the other reads. */
export function byteChannelPair(): [ByteChannel, ByteChannel] {
  const there = new BytePipe();
  const back = new BytePipe();
  return [channelFromPipes(back, there), channelFromPipes(there, back)];
}

/** A channel that reads what it wrote. */
export function loopbackChannel(): ByteChannel {
  const pipe = new BytePipe();
  return channelFromPipes(pipe, pipe);
}
