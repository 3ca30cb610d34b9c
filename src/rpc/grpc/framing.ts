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

/** The largest piece that small chunks are joined to. */
const JOINED = 65_536;

/**
 * The same bytes with the small chunks that follow one another in one piece. A write of more than 1,024 chunks is one that
 * the system does only in part, and Node reads nothing until it has done the rest.
 */
export function joinSmall(chunks: readonly Uint8Array[]): readonly Uint8Array[] {
  if (chunks.length === 1) return chunks;
  const joined: Uint8Array[] = [];
  let run: Uint8Array[] = [];
  let size = 0;
  const endRun = () => {
    if (run.length > 0) joined.push(run.length > 1 ? Buffer.concat(run, size) : (run[0] ?? EMPTY));
    run = [];
    size = 0;
  };
  for (const chunk of chunks) {
    const small = chunk.length <= SMALL;
    if (!small || size + chunk.length > JOINED) endRun();
    if (!small) joined.push(chunk);
    else {
      run.push(chunk);
      size += chunk.length;
    }
  }
  endRun();
  return joined;
}

/** Writes flag (not compressed) and length of a message to the start of `head`. */
export function writePrefix(head: Buffer, length: number): void {
  head[0] = 0;
  head.writeUInt32BE(length, 1);
}

/**
 * Cuts a stream of chunks into messages. A message is handed on as views of the chunks it came in, so that nothing is
 * copied, and a length that is announced but never sent costs nothing.
 */
export class MessageParser {
  readonly #onMessage: (parts: Buffer[], length: number) => void;
  /** The first bytes of a prefix that is not complete yet. */
  #prefix: Buffer = EMPTY;
  /** Length of the message being read; undefined between two messages. */
  #length: number | undefined;
  #missing = 0;
  #parts: Buffer[] = [];

  constructor(onMessage: (parts: Buffer[], length: number) => void) {
    this.#onMessage = onMessage;
  }

  /** True between two messages. A stream that ends anywhere else was cut. */
  get isBetweenMessages(): boolean {
    return this.#length === undefined && this.#prefix.length === 0;
  }

  /** How many bytes of a message have come that is not complete. */
  get unfinished(): number {
    return this.#length === undefined ? 0 : this.#length - this.#missing;
  }

  /** Takes the next chunk. @throws GrpcError for a compressed message or one above 4 MiB. */
  push(chunk: Buffer): void {
    let rest = chunk;
    while (rest.length > 0) {
      if (this.#length === undefined) rest = this.#begin(rest);
      if (this.#length !== undefined) rest = this.#fill(rest, this.#length);
    }
  }

  #begin(chunk: Buffer): Buffer {
    const count = Math.min(PREFIX_LENGTH - this.#prefix.length, chunk.length);
    const prefix =
      this.#prefix.length === 0 ? chunk : Buffer.concat([this.#prefix, chunk.subarray(0, count)]);
    if (prefix.length < PREFIX_LENGTH) {
      this.#prefix = prefix;
    } else {
      this.#prefix = EMPTY;
      this.#length = readLength(prefix);
      this.#missing = this.#length;
    }
    return chunk.subarray(count);
  }

  #fill(chunk: Buffer, length: number): Buffer {
    const part = chunk.length <= this.#missing ? chunk : chunk.subarray(0, this.#missing);
    if (part.length > 0) this.#parts.push(part);
    this.#missing -= part.length;
    if (this.#missing === 0) {
      const parts = this.#parts;
      this.#parts = [];
      this.#length = undefined;
      this.#onMessage(parts, length);
    }
    return chunk.subarray(part.length);
  }
}

/** The bytes of a message as one piece. */
export function joinParts(parts: readonly Buffer[]): Buffer {
  const [only = EMPTY] = parts;
  return parts.length > 1 ? Buffer.concat(parts) : only;
}

const EMPTY = Buffer.alloc(0);

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
