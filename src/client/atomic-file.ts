import { randomBytes } from 'node:crypto';
import { open, rename, rm } from 'node:fs/promises';
import type { ByteWriter } from '../interfaces/index.ts';

/** A file that is there only once it is whole: `close` puts it in its place, `abort` leaves what was there before. */
export interface AtomicFile extends ByteWriter, AsyncDisposable {
  /** Settles when `close` or `abort` has done its work; rejects with the reason of the latter. */
  readonly finished: Promise<void>;
}

/** Begins to write `path`, beside it until it is whole. Disposing of it unclosed aborts. */
export async function openAtomicFile(path: string): Promise<AtomicFile> {
  const { temporary, commit, discard } = replacementOf(path);
  const file = await open(temporary, 'wx', 0o600);
  const { promise: finished, resolve, reject } = Promise.withResolvers<void>();
  finished.catch(() => undefined);
  let pending = true;
  const abort = async (reason: unknown) => {
    if (!pending) return;
    pending = false;
    await file.close().catch(() => undefined);
    await discard();
    reject(reason);
  };
  const close = async () => {
    if (!pending) return finished;
    try {
      await file.sync();
      await file.close();
      await commit();
      pending = false;
      resolve();
    } catch (error) {
      await abort(error);
      throw error;
    }
  };
  return {
    finished,
    // A write of Node may take only a part of what it is given.
    write: (chunk) => file.writeFile(chunk),
    close,
    abort,
    [Symbol.asyncDispose]: () => abort(new Error(`${path} was not written to its end`)),
  };
}

/** Writes a whole file in one step for whoever looks at it. */
export async function writeAtomically(path: string, content: Uint8Array): Promise<void> {
  await using file = await openAtomicFile(path);
  await file.write(content);
  await file.close();
}

/** Where to write what shall be `path`. */
export interface Replacement {
  readonly temporary: string;
  /** Puts what was written in its place. */
  commit(): Promise<void>;
  discard(): Promise<void>;
}

/** Plans to replace the file `path` in one step. */
export function replacementOf(path: string): Replacement {
  const temporary = `${path}.${randomBytes(4).toString('hex')}.part`;
  return {
    temporary,
    commit: () => rename(temporary, path),
    discard: () => rm(temporary, { force: true }),
  };
}
