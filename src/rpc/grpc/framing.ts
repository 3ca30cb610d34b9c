import { MAX_MESSAGE } from './limits.ts';
import { GrpcError, Status } from './status.ts';

/** Flag and length before each message. */
export const PREFIX_LENGTH = 5;

/** Below this a copy costs less than a second chunk. */
export const SMALL = 4_096;

/** A message with its prefix, as chunks to be written one after the other. Large messages are not copied. */
export function frameMessage(message: Uint8Array): Uint8Array[] {
  const small = message.length <= SMALL;
  const head = Buffer.allocUnsafe(small ? PREFIX_LENGTH + message.length : PREFIX_LENGTH);
  writePrefix(head, message.length);
  if (!small) return [head, message];
  head.set(message, PREFIX_LENGTH);
  return [head];
}

/** Writes flag (not compressed) and length of a message to the start of `head`. */
export function writePrefix(head: Buffer, length: number): void {
  head[0] = 0;
  head.writeUInt32BE(length, 1);
}

/**
 * Cuts a stream of chunks into messages. A message inside one chunk is a view of it; any other is put together once,
 * when its last byte is there, so that a length that is announced but never sent costs nothing.
 */
export class MessageParser {
  readonly #onMessage: (message: Uint8Array) => void;
  /** What came of the message being read, prefix included. */
  #parts: Buffer[] = [];
  #size = 0;
  /** Prefix and message together, once the prefix is known. */
  #needed = PREFIX_LENGTH;

  constructor(onMessage: (message: Uint8Array) => void) {
    this.#onMessage = onMessage;
  }

  /** True between two messages. A stream that ends anywhere else was cut. */
  get isBetweenMessages(): boolean {
    return this.#size === 0;
  }

  /** Takes the next chunk. @throws GrpcError for a compressed message or one above 4 MiB. */
  push(chunk: Buffer): void {
    let rest = this.#size > 0 ? this.#complete(chunk) : chunk;
    while (rest.length >= PREFIX_LENGTH) {
      const end = PREFIX_LENGTH + readLength(rest);
      if (rest.length < end) break;
      this.#onMessage(rest.subarray(PREFIX_LENGTH, end));
      rest = rest.subarray(end);
    }
    if (rest.length > 0) this.#keep(rest);
  }

  /** Adds to the message begun earlier; returns what is left of the chunk once that message is complete. */
  #complete(chunk: Buffer): Buffer {
    let rest = chunk;
    if (this.#size < PREFIX_LENGTH) {
      rest = rest.subarray(this.#take(rest, PREFIX_LENGTH));
      if (this.#size < PREFIX_LENGTH) return rest;
      this.#parts = [Buffer.concat(this.#parts)];
      this.#needed = PREFIX_LENGTH + readLength(this.#parts[0] ?? rest);
    }
    rest = rest.subarray(this.#take(rest, this.#needed));
    if (this.#size < this.#needed) return rest;
    const whole = Buffer.concat(this.#parts, this.#size);
    this.#parts = [];
    this.#size = 0;
    this.#onMessage(whole.subarray(PREFIX_LENGTH));
    return rest;
  }

  #keep(rest: Buffer): void {
    this.#parts.push(rest);
    this.#size = rest.length;
    if (rest.length >= PREFIX_LENGTH) this.#needed = PREFIX_LENGTH + readLength(rest);
  }

  /** Takes from `chunk` what is missing up to `size`; returns how much that was. */
  #take(chunk: Buffer, size: number): number {
    const count = Math.min(size - this.#size, chunk.length);
    if (count > 0) this.#parts.push(count === chunk.length ? chunk : chunk.subarray(0, count));
    this.#size += count;
    return count;
  }
}

function readLength(prefix: Buffer): number {
  if (prefix[0] !== 0) {
    throw new GrpcError(
      Status.UNIMPLEMENTED,
      'compressed messages are not supported; accepted encodings: identity',
    );
  }
  const length = prefix.readUInt32BE(1);
  if (length > MAX_MESSAGE) {
    throw new GrpcError(
      Status.RESOURCE_EXHAUSTED,
      `a message of ${length} bytes was sent; the largest allowed is ${MAX_MESSAGE}`,
    );
  }
  return length;
}
