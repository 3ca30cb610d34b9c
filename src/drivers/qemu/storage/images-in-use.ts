import { createHash } from 'node:crypto';
import { readdir, readlink, symlink } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheDir, makeFolder, makeLendingDir, stateDir } from '../../../core/index.ts';
import { findLiveRuns } from '../run-folder.ts';
import { ImageNotes } from './image-notes.ts';

/** Where machines keep what they use. */
export interface StorePlaces {
  readonly state?: string | undefined;
  readonly cache?: string | undefined;
}

/** Where a cache has links to the folders of runs that use it: state folders may differ where the cache does not. */
const runsOf = (cache: string) => join(cache, 'images', 'runs');

/** Writes down in a cache that runs in the folder `runs` use its images. */
export async function registerRuns(cache: string, runs: string): Promise<void> {
  const name = createHash('sha256').update(runs).digest('hex').slice(0, 16);
  // Images are lent from beside it.
  await makeLendingDir(dirname(runsOf(cache)));
  await makeFolder(runsOf(cache), 0o700);
  await symlink(runs, join(runsOf(cache), name)).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
}

/** The images, kernels and other files that machines are using that are open now, of every process that shares the cache. */
export async function findImagesInUse(places: StorePlaces = {}): Promise<string[]> {
  const { state = stateDir(), cache = cacheDir() } = places;
  const names = await readdir(runsOf(cache)).catch(() => []);
  const registered = await Promise.all(names.map((name) => readlink(join(runsOf(cache), name))));
  const folders = new Set([join(state, 'runs'), ...registered]);
  const runs = await Promise.all([...folders].map(findLiveRuns));
  const used = await Promise.all(runs.flat().map((run) => new ImageNotes(run).read()));
  return [...new Set(used.flat())];
}
