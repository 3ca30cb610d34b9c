import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { mkdtemp, open, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Sink, Source } from '../../interfaces/index.ts';
import { readSource, writeSink } from './resources.ts';

/** A file in a spool: complete, and not changed any more. */
export interface SpooledFile {
  readonly path: string;
  readonly bytes: number;
  /** Of its content, in hexadecimal. */
  readonly sha256: string;
}

/** A temporary folder where a driver without a device keeps what it was given. */
export class Spool implements AsyncDisposable {
  readonly #dir: string;

  private constructor(dir: string) {
    this.#dir = dir;
  }

  static async open(): Promise<Spool> {
    return new Spool(await mkdtemp(join(tmpdir(), 'jumplead-spool-')));
  }

  /** Keeps the bytes of `source`; a file is there only once it is whole. */
  async keep(
    source: Source,
    signal: AbortSignal,
    onBytes?: (bytes: number) => Promise<void>,
  ): Promise<SpooledFile> {
    const incoming = join(this.#dir, `${randomUUID()}.incoming`);
    const hash = createHash('sha256');
    let bytes = 0;
    try {
      await using file = await open(incoming, 'wx');
      for await (const chunk of readSource(source, signal)) {
        signal.throwIfAborted();
        await file.appendFile(chunk);
        hash.update(chunk);
        bytes += chunk.length;
        await onBytes?.(bytes);
      }
    } catch (reason) {
      await rm(incoming, { force: true });
      throw reason;
    }
    const sha256 = hash.digest('hex');
    const path = join(this.#dir, sha256);
    await rename(incoming, path);
    return { path, bytes, sha256 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await rm(this.#dir, { recursive: true, force: true });
  }
}

/** Gives the bytes of a spooled file to `sink`. */
export function sendFile({ path }: SpooledFile, sink: Sink, signal: AbortSignal): Promise<void> {
  return writeSink(sink, createReadStream(path), signal);
}
