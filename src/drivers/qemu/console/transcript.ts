import { type FileHandle, open, readFile } from 'node:fs/promises';
import { join } from 'node:path';

/** Times are noted no closer than this: output comes in crumbs of a few bytes. */
const RESOLUTION = 10;

/** What happened at an offset of the transcript. */
export interface TranscriptMark {
  readonly offset: number;
  /** ISO 8601. */
  readonly time: string;
  readonly event?: string;
}

/**
 * The bytes of a console in a file (`console.log`), and beside it (`console.times.jsonl`) when they came: each line there
 * says at what time the byte at that offset was read, and what happened there.
 */
export class Transcript implements AsyncDisposable {
  readonly path: string;
  readonly #bytes: FileHandle;
  readonly #times: FileHandle;
  readonly #clock: () => Date;
  #length = 0;
  #lastTime = Number.NEGATIVE_INFINITY;

  private constructor(path: string, bytes: FileHandle, times: FileHandle, clock: () => Date) {
    this.path = path;
    this.#bytes = bytes;
    this.#times = times;
    this.#clock = clock;
  }

  /** Begins an empty transcript in `folder`; one that is there already is replaced. */
  static async open(folder: string, clock: () => Date = () => new Date()): Promise<Transcript> {
    await using stack = new AsyncDisposableStack();
    const path = join(folder, 'console.log');
    const bytes = stack.use(await open(path, 'w+', 0o600));
    const times = stack.use(await open(join(folder, 'console.times.jsonl'), 'w', 0o600));
    stack.move();
    return new Transcript(path, bytes, times, clock);
  }

  /** Bytes so far. */
  get length(): number {
    return this.#length;
  }

  /** Writes `chunk` at the end. Call it again only when it has resolved. */
  async append(chunk: Uint8Array): Promise<void> {
    const now = this.#clock();
    if (now.getTime() - this.#lastTime >= RESOLUTION) {
      this.#lastTime = now.getTime();
      await this.#note({ offset: this.#length, time: now.toISOString() });
    }
    for (let at = 0; at < chunk.length; ) {
      const { bytesWritten } = await this.#bytes.write(chunk, at, chunk.length - at, this.#length);
      at += bytesWritten;
      this.#length += bytesWritten;
    }
  }

  /** Notes what happened at the end of what has been recorded. */
  async mark(event: string): Promise<void> {
    await this.#note({ offset: this.#length, time: this.#clock().toISOString(), event });
  }

  /** At least one byte from `offset` on, which must be below `length`. */
  async read(offset: number, atMost: number): Promise<Uint8Array> {
    const buffer = Buffer.allocUnsafe(Math.min(atMost, this.#length - offset));
    const { bytesRead } = await this.#bytes.read(buffer, 0, buffer.length, offset);
    return buffer.subarray(0, bytesRead);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using stack = new AsyncDisposableStack();
    stack.use(this.#bytes);
    stack.use(this.#times);
  }

  async #note(mark: TranscriptMark): Promise<void> {
    await this.#times.appendFile(`${JSON.stringify(mark)}\n`);
  }
}

/** The times that belong to a transcript, oldest first. */
export async function readMarks(folder: string): Promise<TranscriptMark[]> {
  const lines = (await readFile(join(folder, 'console.times.jsonl'), 'utf8')).split('\n');
  return lines.filter((line) => line !== '').map((line) => JSON.parse(line));
}
