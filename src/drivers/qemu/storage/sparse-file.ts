import type { FileHandle } from 'node:fs/promises';

/** Zeros are left out in blocks of this size; file systems allocate no finer. */
const BLOCK = 64 * 1024;
const ZEROS = Buffer.alloc(BLOCK);

/** Writes a file from its beginning to its end, leaving holes where there would be nothing but zeros. */
export class SparseWriter {
  readonly #file: FileHandle;
  #length = 0;
  #written = 0;

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
    for (let at = 0; at < chunk.length; ) {
      const hole = isZero(chunk.subarray(at, at + BLOCK));
      let end = Math.min(chunk.length, at + BLOCK);
      while (end < chunk.length && isZero(chunk.subarray(end, end + BLOCK)) === hole)
        end = Math.min(chunk.length, end + BLOCK);
      if (!hole) await this.#writeAt(chunk.subarray(at, end), this.#length);
      this.#length += end - at;
      at = end;
    }
  }

  /** Gives the file its whole length, a hole at the end included, and waits until it is on the disk. */
  async finish(): Promise<void> {
    await this.#file.truncate(this.#length);
    await this.#file.sync();
  }

  async #writeAt(bytes: Uint8Array, position: number): Promise<void> {
    for (let at = 0; at < bytes.length; ) {
      const { bytesWritten } = await this.#file.write(bytes, at, bytes.length - at, position + at);
      at += bytesWritten;
      this.#written += bytesWritten;
    }
  }
}

function isZero(bytes: Uint8Array): boolean {
  return ZEROS.compare(bytes, 0, bytes.length, 0, bytes.length) === 0;
}
