import { ProtocolError } from '../../core/index.ts';

/** Reads a stream of bytes in pieces of known length. */
export class ByteReader {
  readonly #peer: string;
  readonly #chunks: AsyncIterator<Uint8Array>;
  #buffered = Buffer.alloc(0);

  constructor(chunks: AsyncIterable<Uint8Array>, peer: string) {
    this.#chunks = chunks[Symbol.asyncIterator]();
    this.#peer = peer;
  }

  /** The next `length` bytes, or `undefined` when the stream has ended before the first of them. */
  async take(length: number): Promise<Buffer | undefined> {
    while (this.#buffered.length < length) {
      const { done, value } = await this.#chunks.next();
      if (!done) this.#buffered = Buffer.concat([this.#buffered, value]);
      else if (this.#buffered.length === 0) return undefined;
      else throw new ProtocolError('the stream ended within a message', { peer: this.#peer });
    }
    const taken = this.#buffered.subarray(0, length);
    this.#buffered = this.#buffered.subarray(length);
    return taken;
  }

  /** The next `length` bytes. @throws ProtocolError when the stream ends before. */
  async need(length: number): Promise<Buffer> {
    const taken = length === 0 ? Buffer.alloc(0) : await this.take(length);
    if (taken) return taken;
    throw new ProtocolError('the stream ended within a message', { peer: this.#peer });
  }
}
