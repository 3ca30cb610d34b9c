import { createHash, randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, rename, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type OwnedFolder, openOwnedFolder, sweepFolders } from '../../core/index.ts';
import type { Sink, Source } from '../../interfaces/index.ts';
import { readSource, writeSink } from './resources.ts';

/** A file in a spool: complete, and not changed any more. */
export interface SpooledFile {
  readonly path: string;
  readonly bytes: number;
  /** Of its content, in hexadecimal. */
  readonly sha256: string;
}

/** Where a driver without a device keeps what it was given: a folder of its own, from the first file on. */
export class Spool implements AsyncDisposable {
  #folder: Promise<OwnedFolder> | undefined;

  /** Keeps the bytes of `source`; a file is there only once it is whole. */
  async keep(
    source: Source,
    signal: AbortSignal,
    onBytes?: (bytes: number) => Promise<void>,
  ): Promise<SpooledFile> {
    this.#folder ??= openFolder();
    const { path: dir } = await this.#folder;
    const incoming = join(dir, `${randomUUID()}.incoming`);
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
    const path = join(dir, sha256);
    await rename(incoming, path);
    return { path, bytes, sha256 };
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const folder = await this.#folder?.catch(() => undefined);
    await folder?.[Symbol.asyncDispose]();
  }
}

/** Not where sockets are: images may be larger than what there is room for. */
async function openFolder(): Promise<OwnedFolder> {
  const kind = { parent: tmpdir(), prefix: 'jumplead-spool-' };
  await sweepFolders(kind);
  return await openOwnedFolder(kind);
}

/** Gives the bytes of a spooled file to `sink`. */
export function sendFile({ path }: SpooledFile, sink: Sink, signal: AbortSignal): Promise<void> {
  return writeSink(sink, createReadStream(path), signal);
}
