import { statfs } from 'node:fs/promises';
import { join } from 'node:path';
import { CapacityError, formatSize } from '../../../core/index.ts';
import type { TranscriptMark } from './marks.ts';
import { Part } from './part.ts';
import { BYTES, clearParts, findParts } from './part-files.ts';

/** Times are noted no closer than this: output comes in crumbs of a few bytes. */
const RESOLUTION = 50;
/** The limit is kept by dropping one of so many parts. What is left of it is for marks that come when a part is full. */
const PARTS = 8.5;
/** So many marks wait for room to be written. */
const PENDING = 100;
/** Writing goes on after a full disk when so much is free: not for each block that somebody frees. */
const ROOM = 2 ** 20;

export interface TranscriptOptions {
  /** Most bytes that its files may have together. */
  readonly limit: number;
  readonly clock?: (() => Date) | undefined;
}

/** Bytes that cannot be written, from `from` on. */
export interface Loss {
  readonly from: number;
  readonly cause: unknown;
}

/**
 * The bytes of a console in files of a folder, each with a second one that says when they came.
 *
 * What is being written is `console.log`. When that is full it is put aside under the offset of its first byte
 * (`console.log.000000000000000`), and the oldest such is dropped to keep the limit. Offsets count all bytes since the
 * beginning, also those that were dropped or could not be written.
 */
export class Transcript implements AsyncDisposable {
  readonly folder: string;
  readonly #limit: number;
  readonly #clock: () => Date;
  readonly #parts: Part[];
  /** Bytes after the last part that could not be written. */
  #unwritten = 0;
  #loss: Loss | undefined;
  #pending: TranscriptMark[] = [];
  #lastTime = Number.NEGATIVE_INFINITY;
  #queue: Promise<void> = Promise.resolve();

  private constructor(folder: string, parts: Part[], { limit, clock }: TranscriptOptions) {
    this.folder = folder;
    this.#parts = parts;
    this.#limit = limit;
    this.#clock = clock ?? (() => new Date());
  }

  /** Begins an empty transcript in `folder`; one that is there already is replaced. */
  static async open(folder: string, options: TranscriptOptions): Promise<Transcript> {
    await clearParts(folder);
    const first = await Part.create(folder, 0, []);
    await first.take();
    return new Transcript(folder, [first], options);
  }

  /** Goes on with the transcript in `folder`, however its writer was stopped. `undefined` when there is none. */
  static async resume(folder: string, options: TranscriptOptions): Promise<Transcript | undefined> {
    await using stack = new AsyncDisposableStack();
    const parts: Part[] = [];
    for (const found of await findParts(folder)) parts.push(stack.use(await Part.reopen(folder, found)));
    if (parts.length === 0) return undefined;
    stack.move();
    return new Transcript(folder, parts, options);
  }

  /** The file that is being written. */
  get path(): string {
    return join(this.folder, BYTES);
  }

  /** The offset after the last byte. */
  get length(): number {
    return this.#last.end + this.#unwritten;
  }

  /** What is being lost, while it is. */
  get loss(): Loss | undefined {
    return this.#loss;
  }

  /** Where the next byte is that can be read at `offset` or after it. */
  available(offset: number): number {
    const part = this.#parts.find(({ end }) => end > offset);
    return part ? Math.max(offset, part.base) : this.length;
  }

  /** Writes `chunk` at the end. What cannot be written is counted, and `loss` tells so until there is room again. */
  append(chunk: Uint8Array): Promise<void> {
    return this.#inTurn(async () => {
      const end = this.length + chunk.length;
      try {
        if (this.#loss) await this.#requireRoom();
        await this.#write(chunk);
        this.#loss = undefined;
      } catch (cause) {
        this.lose(end - this.length);
        this.#loss ??= { from: this.#last.end, cause };
      }
    });
  }

  /** The next `count` bytes will never come. */
  lose(count: number): void {
    this.#unwritten += count;
  }

  /** Notes what happened at the end of what has been recorded; where there is no room, when there is. */
  mark(event: string): Promise<void> {
    return this.#inTurn(async () => {
      this.#pend({ event });
      if (!this.#loss) await this.#notePending();
    });
  }

  /** At least one byte from `offset` on, which must be below `length`. @throws CapacityError when it is not kept. */
  async read(offset: number, atMost: number): Promise<Uint8Array> {
    const part = this.#parts.find(({ base, end }) => base <= offset && offset < end);
    if (!part) throw this.#missing(offset);
    return await part.read(offset, atMost);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#queue;
    await using stack = new AsyncDisposableStack();
    for (const part of this.#parts) stack.use(part);
  }

  get #last(): Part {
    return this.#parts.at(-1) as Part; // SAFE: it begins with one, and the last is never dropped
  }

  get #partLimit(): number {
    return Math.floor(this.#limit / PARTS);
  }

  #inTurn(act: () => Promise<void>): Promise<void> {
    this.#queue = this.#queue.then(act);
    return this.#queue;
  }

  async #write(chunk: Uint8Array): Promise<void> {
    for (let at = 0; at < chunk.length; ) {
      if (this.#unwritten > 0 || this.#last.size >= this.#partLimit) await this.#beginPart();
      if (at === 0) await this.#noteTime();
      at += await this.#last.append(chunk.subarray(at), Math.max(0, this.#partLimit - this.#last.size));
    }
  }

  async #beginPart(): Promise<void> {
    const last = this.#last;
    const base = this.length;
    await this.#keepLimit();
    const marks = [
      { event: 'part' },
      ...(base > last.end ? [{ event: 'lost', from: last.end, to: base }] : []),
    ];
    const part = await Part.create(this.folder, base, [...marks.map(this.#markOf), ...this.#pending]);
    try {
      await last.stepAside();
      await part.take();
    } catch (error) {
      await part.remove();
      throw error;
    }
    this.#pending = [];
    this.#parts.push(part);
    this.#unwritten = 0;
  }

  async #keepLimit(): Promise<void> {
    for (;;) {
      const [oldest, next] = this.#parts;
      const size = this.#parts.reduce((sum, part) => sum + part.size, this.#partLimit);
      if (size <= this.#limit || !oldest || !next) return;
      this.#parts.shift();
      await oldest.remove();
      this.#pend({ event: 'dropped', from: oldest.base, to: next.base });
    }
  }

  async #noteTime(): Promise<void> {
    const now = this.#clock().getTime();
    if (now - this.#lastTime >= RESOLUTION) {
      this.#lastTime = now;
      this.#pend({});
    }
    await this.#notePending();
  }

  readonly #markOf = (mark: Omit<TranscriptMark, 'offset' | 'time'>): TranscriptMark => ({
    offset: this.length,
    time: this.#clock().toISOString(),
    ...mark,
  });

  #pend(mark: Omit<TranscriptMark, 'offset' | 'time'>): void {
    this.#pending = [...this.#pending, this.#markOf(mark)].slice(-PENDING);
  }

  /** Bytes are not lost because there is no room for their times. */
  async #notePending(): Promise<void> {
    try {
      for (let mark = this.#pending[0]; mark; mark = this.#pending[0]) {
        await this.#last.note(mark);
        this.#pending.shift();
      }
    } catch {
      // Tried again with the next bytes.
    }
  }

  async #requireRoom(): Promise<void> {
    const { bavail, bsize } = await statfs(this.folder);
    if (bavail * bsize < ROOM) throw new Error('there is still no room');
  }

  #missing(offset: number): CapacityError {
    const to = this.available(offset);
    const what = `the console from offset ${offset} to ${to}`;
    if (offset >= (this.#parts[0]?.base ?? 0)) {
      const message = `${what} is lost: there was no room for it in ${this.folder}`;
      return new CapacityError(message, { needed: to - offset, free: 0 });
    }
    const message = `${what} is no longer kept: its transcript has at most ${formatSize(this.#limit)} (consoleLimit)`;
    return new CapacityError(message, { needed: this.length - offset, free: this.#limit });
  }
}
