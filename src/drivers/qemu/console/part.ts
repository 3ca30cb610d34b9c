import { constants } from 'node:fs';
import { type FileHandle, open, readFile, rename, rm } from 'node:fs/promises';
import { join } from 'node:path';
import type { TranscriptMark } from './marks.ts';
import { asideSuffix, BYTES, type FoundPart, NEW, TIMES } from './part-files.ts';

const GO_ON = constants.O_RDWR | constants.O_CREAT;
const ANEW = GO_ON | constants.O_TRUNC;

/** A part of a transcript: the bytes from `base` on, and in a second file when they came and what happened. */
export class Part {
  readonly base: number;
  readonly #folder: string;
  readonly #bytes: FileHandle;
  readonly #times: FileHandle;
  #suffix: string;
  #length = 0;
  #timesLength = 0;

  private constructor(folder: string, base: number, suffix: string, bytes: FileHandle, times: FileHandle) {
    this.#folder = folder;
    this.base = base;
    this.#suffix = suffix;
    this.#bytes = bytes;
    this.#times = times;
  }

  /** Makes an empty part for what comes at `base`. It has its names when it `take`s them. */
  static async create(folder: string, base: number, marks: readonly TranscriptMark[]): Promise<Part> {
    const part = await Part.#open(folder, base, NEW, ANEW);
    try {
      for (const mark of marks) await part.note(mark);
      return part;
    } catch (error) {
      await part.remove();
      throw error;
    }
  }

  /** Opens a part that is there, to go on with it; a line of its times that was cut short is taken away. */
  static async reopen(folder: string, { base, suffix }: FoundPart): Promise<Part> {
    const part = await Part.#open(folder, base, suffix, GO_ON);
    part.#length = (await part.#bytes.stat()).size;
    const times = await readFile(join(folder, TIMES + suffix));
    part.#timesLength = times.lastIndexOf('\n') + 1;
    await part.#times.truncate(part.#timesLength);
    return part;
  }

  static async #open(folder: string, base: number, suffix: string, flags: number): Promise<Part> {
    await using stack = new AsyncDisposableStack();
    const bytes = stack.use(await open(join(folder, BYTES + suffix), flags, 0o600));
    const times = stack.use(await open(join(folder, TIMES + suffix), flags, 0o600));
    stack.move();
    return new Part(folder, base, suffix, bytes, times);
  }

  /** The offset after its last byte. */
  get end(): number {
    return this.base + this.#length;
  }

  /** How much room both files take. */
  get size(): number {
    return this.#length + this.#timesLength;
  }

  /** Writes the beginning of `chunk`, at most `atMost` bytes; how many. */
  async append(chunk: Uint8Array, atMost: number): Promise<number> {
    const { bytesWritten } = await this.#bytes.write(chunk, 0, Math.min(chunk.length, atMost), this.#length);
    this.#length += bytesWritten;
    return bytesWritten;
  }

  /** Adds a line to the times, or nothing of it. */
  async note(mark: TranscriptMark): Promise<void> {
    const line = Buffer.from(`${JSON.stringify(mark)}\n`);
    try {
      for (let at = 0; at < line.length; ) {
        const place = this.#timesLength + at;
        at += (await this.#times.write(line, at, line.length - at, place)).bytesWritten;
      }
      this.#timesLength += line.length;
    } catch (error) {
      await this.#times.truncate(this.#timesLength).catch(() => undefined);
      throw error;
    }
  }

  /** At least one byte from `offset` on, which it must have. */
  async read(offset: number, atMost: number): Promise<Uint8Array> {
    const buffer = Buffer.allocUnsafe(Math.min(atMost, this.end - offset));
    const { bytesRead } = await this.#bytes.read(buffer, 0, buffer.length, offset - this.base);
    if (bytesRead === 0)
      throw new Error(`somebody has shortened ${join(this.#folder, BYTES + this.#suffix)}`);
    return buffer.subarray(0, bytesRead);
  }

  /** From now on it is the part that is being written. */
  async take(): Promise<void> {
    await this.#rename('');
  }

  /** It is full: makes room for the next. */
  async stepAside(): Promise<void> {
    await this.#rename(asideSuffix(this.base));
  }

  /** Closes and removes its files. Who is reading from it reads that to its end. */
  async remove(): Promise<void> {
    for (const name of [BYTES, TIMES]) await rm(join(this.#folder, name + this.#suffix), { force: true });
    await this[Symbol.asyncDispose]();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using stack = new AsyncDisposableStack();
    stack.use(this.#bytes);
    stack.use(this.#times);
  }

  async #rename(suffix: string): Promise<void> {
    for (const name of [BYTES, TIMES])
      await rename(join(this.#folder, name + this.#suffix), join(this.#folder, name + suffix));
    this.#suffix = suffix;
  }
}
