import type { FileHandle } from 'node:fs/promises';

/** Zeros are left out in blocks of this size; file systems allocate no finer. */
const BLOCK = 64 * 1024;
const ZEROS = Buffer.alloc(BLOCK);

/** So much is written before the disk is told to begin with it: what is left for the end is little. */
const SYNC_EVERY = 32 * 2 ** 20;

/**
 * Writes a file from its beginning to its end, leaving holes where there would be nothing but zeros. The last chunk is still
 * being written when `write` resolves, and must not change: the next one can be fetched meanwhile. What goes wrong with it is
 * told by the next `write`, or by `finish`.
 */
export class SparseWriter {
  readonly #file: FileHandle;
  #length = 0;
  #written = 0;
  #unsynced = 0;
  #writing: Promise<void> = Promise.resolve();
  #syncing: Promise<void> | undefined;

  constructor(file: FileHandle) {
    this.#file = file;
  }

  /** Bytes so far, holes included. */
  get length(): number {
    return this.#length;
  }

  /** Bytes so far, without the holes. */
  get written(): number {
    return this.#written;
  }

  async write(chunk: Uint8Array): Promise<void> {
    await this.#writing; // Of the chunk before, even where this one is nothing but a hole.
    for (let at = 0; at < chunk.length; ) {
      const hole = isZero(chunk.subarray(at, at + BLOCK));
      let end = Math.min(chunk.length, at + BLOCK);
      while (end < chunk.length && isZero(chunk.subarray(end, end + BLOCK)) === hole)
        end = Math.min(chunk.length, end + BLOCK);
      if (!hole) await this.#begin(chunk.subarray(at, end), this.#length);
      this.#length += end - at;
      at = end;
    }
  }

  /** Gives the file its whole length, a hole at the end included, and waits until it is on the disk. */
  async finish(): Promise<void> {
    await this.#writing;
    await this.#syncing;
    await this.#file.truncate(this.#length);
    await this.#file.sync();
  }

  /** Waits for nothing more to be under way; what has failed is no matter any more. */
  async abandon(): Promise<void> {
    await Promise.allSettled([this.#writing, this.#syncing]);
  }

  /** Begins to write when what was begun before is done. */
  async #begin(bytes: Uint8Array, position: number): Promise<void> {
    await this.#writing;
    this.#written += bytes.length;
    this.#unsynced += bytes.length;
    this.#writing = this.#writeAt(bytes, position);
    this.#writing.catch(() => undefined); // The next to wait for it is told.
    if (this.#unsynced < SYNC_EVERY) return;
    await this.#syncing;
    this.#unsynced = 0;
    this.#syncing = this.#file.datasync();
    this.#syncing.catch(() => undefined); // As above.
  }

  async #writeAt(bytes: Uint8Array, position: number): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, position + at);
      at += bytesWritten;
    }
  }
}

function isZero(bytes: Uint8Array): boolean {
  return ZEROS.compare(bytes, 0, bytes.length, 0, bytes.length) === 0;
}
