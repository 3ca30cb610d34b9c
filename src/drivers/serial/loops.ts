import type { ByteChannel } from '../../interfaces/index.ts';
import { loopbackChannel } from '../std/index.ts';
import { inTurn, type Write } from './throttle.ts';

/** Ports that read what is written to them, one for each stream. */
export class Loops {
  readonly #pace: (write: Write) => Write;
  readonly #open = new Set<ByteChannel>();

  constructor(pace: (write: Write) => Write) {
    this.#pace = pace;
  }

  connect(): ByteChannel {
    const loop = loopbackChannel();
    const closing = new AbortController();
    const write = inTurn(this.#pace((chunk) => loop.write(chunk)));
    const stream: ByteChannel = {
      write: (chunk) => write(chunk, closing.signal),
      end: () => loop.end(),
      [Symbol.asyncIterator]: () => loop[Symbol.asyncIterator](),
      [Symbol.asyncDispose]: async () => {
        closing.abort();
        this.#open.delete(stream);
        await loop[Symbol.asyncDispose]();
      },
    };
    this.#open.add(stream);
    return stream;
  }

  async close(): Promise<void> {
    await Promise.all([...this.#open].map((stream) => stream[Symbol.asyncDispose]()));
  }
}
