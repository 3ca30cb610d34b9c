import { type FSWatcher, watch } from 'node:fs';
import { type FileHandle, open, rename, unlink } from 'node:fs/promises';
import { join } from 'node:path';
import { type Log, runTool } from '../../../core/index.ts';

/** The largest piece that is read at once. */
const PIECE = 256 * 1024;
/** A machine prints byte by byte; while it does, this many milliseconds of it are read at once. */
const BREATH = 10;
/** How often to look where the kernel cannot tell us of a change. */
const LOOK = 50;
/** How much that has been recorded may stay before its room is given back. */
const TRIM = 8 * 2 ** 20;

/**
 * What a machine prints, from its power-on to its end: a file to which QEMU appends and that we follow.
 *
 * A file takes every byte at once, whatever we are doing, and keeps it when we are killed: whoever comes after us finds the
 * rest there. A pipe does neither. Its name says what it has: `console-B-F` begins at offset B of the transcript, and all
 * before offset F has been recorded.
 */
export class Spool implements AsyncIterable<Uint8Array> {
  readonly #file: FileHandle;
  readonly #folder: string;
  readonly #base: number;
  readonly #log: Log;
  #path: string;
  #trimmed = 0;
  #over = false;
  #wake: () => void = () => undefined;

  private constructor(file: FileHandle, folder: string, base: number, log: Log) {
    this.#file = file;
    this.#folder = folder;
    this.#base = base;
    this.#log = log;
    this.#path = spoolPath(folder, base, base);
  }

  /** Begins an empty one in `folder`, for what comes at offset `base` of the transcript. */
  static async open(folder: string, base: number, log: Log): Promise<Spool> {
    const file = await open(spoolPath(folder, base, base), 'ax+', 0o600);
    return new Spool(file, folder, base, log);
  }

  /** The file; whoever writes to it appends. */
  get path(): string {
    return this.#path;
  }

  /** How many bytes have been written to it so far. */
  async arrived(): Promise<number> {
    return (await this.#file.stat()).size;
  }

  /** Nothing more will be written to it. Whoever reads it gets the rest, and then its end. */
  end(): void {
    this.#over = true;
    this.#wake();
  }

  /**
   * What comes, to be read once. A piece is gone when the next is asked for: it must have been recorded by then. When all
   * has been read the file is removed.
   */
  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    const piece = Buffer.allocUnsafe(PIECE);
    try {
      for (let offset = 0; ; ) {
        const last = this.#over;
        const { bytesRead } = await this.#file.read(piece, 0, PIECE, offset);
        if (bytesRead > 0) yield piece.subarray(0, bytesRead);
        else if (last) return;
        else await this.#wait((wake) => this.#onGrowth(offset, wake));
        offset += bytesRead;
        if (offset - this.#trimmed >= TRIM) await this.#trim(offset);
        if (bytesRead > 0 && bytesRead < PIECE) await this.#wait((wake) => after(BREATH, wake));
      }
    } finally {
      await this.#file.close();
      await unlink(this.#path).catch(() => undefined);
    }
  }

  /** Waits until it is woken; `begin` arranges for that, and returns how to undo it. */
  async #wait(begin: (wake: () => void) => () => void): Promise<void> {
    if (this.#over) return;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#wake = resolve;
    const undo = begin(resolve);
    try {
      await promise;
    } finally {
      undo();
    }
  }

  #onGrowth(offset: number, wake: () => void): () => void {
    let watcher: FSWatcher;
    try {
      watcher = watch(this.#path, wake).on('error', wake);
    } catch {
      // The kernel's watches are limited, and others may have them all.
      return after(LOOK, wake);
    }
    // What came before the watch began.
    this.arrived().then((size) => size > offset && wake(), wake);
    return () => watcher.close();
  }

  /** Gives back the room of what has been recorded. The name changes first: what is not there must not be looked for. */
  async #trim(offset: number): Promise<void> {
    this.#trimmed = offset;
    try {
      const path = spoolPath(this.#folder, this.#base, this.#base + offset);
      await rename(this.#path, path);
      this.#path = path;
      await runTool('fallocate', ['--punch-hole', '--offset', '0', '--length', String(offset), path]);
    } catch (error) {
      this.#trimmed = Number.POSITIVE_INFINITY;
      this.#log.warn(
        { file: this.#path, reason: String(error) },
        'what the console has printed keeps its room on the disk until the machine is off',
      );
    }
  }
}

function after(milliseconds: number, wake: () => void): () => void {
  const timer = setTimeout(wake, milliseconds);
  return () => clearTimeout(timer);
}

const spoolPath = (folder: string, base: number, from: number) => join(folder, `console-${base}-${from}`);

/** The offset at which the spool of that name begins, and the one before which all has been recorded. */
export function parseSpoolName(name: string): { readonly base: number; readonly from: number } | undefined {
  const [, base, from] = /^console-(\d+)-(\d+)$/.exec(name) ?? [];
  return base === undefined ? undefined : { base: Number(base), from: Number(from) };
}
