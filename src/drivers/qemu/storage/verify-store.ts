import { rename, stat } from 'node:fs/promises';
import { join } from 'node:path';
import { cacheDir, makeFolder, type OnProgress } from '../../../core/index.ts';
import { describeFile, type ImageVerdict } from '../../../images/index.ts';
import { contentOf, damagedDir, flashedDir } from './content-store.ts';
import { findImagesInUse, type StorePlaces } from './images-in-use.ts';

/** How images are looked at. */
export interface VerifyFlashedOptions extends StorePlaces {
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
}

/**
 * Reads all flashed images again. One that is not what it was is put aside: machines that run with it have it still, nobody else
 * gets it.
 */
export async function* verifyFlashed(options: VerifyFlashedOptions = {}): AsyncGenerator<ImageVerdict> {
  const store = flashedDir(options.cache ?? cacheDir());
  const inUse = await findImagesInUse(options);
  for (const sha256 of await contentOf(store)) {
    const id = `flashed ${sha256.slice(0, 12)}`;
    options.onProgress?.({ phase: id, bytes: 0, total: null, rate: 0 });
    const path = join(store, 'content', sha256);
    const now = await describeFile(join(store, 'content'), sha256, options).catch((error: Error) => error);
    options.signal?.throwIfAborted();
    if ((await stat(path).catch(() => undefined)) === undefined) continue;
    if (!(now instanceof Error) && now.sha256 === sha256) {
      yield { id, problem: null, aside: null, fix: null };
      continue;
    }
    const reason =
      now instanceof Error ? `it cannot be read: ${now.message}` : `its SHA-256 is ${now.sha256}`;
    const used = inUse.includes(path) ? '; a machine that is open uses it: close that' : '';
    const aside = join(damagedDir(store), sha256);
    await makeFolder(damagedDir(store), 0o700);
    await rename(path, aside);
    yield { id, problem: `${reason}${used}`, aside, fix: null };
  }
}
