import { join } from 'node:path';
import {
  cacheDir,
  type FolderKind,
  findLeftFolders,
  type Leftover,
  type Log,
  runtimeFolders,
  stateDir,
  sweepFolders,
} from '../../core/index.ts';
import { listLeftovers, sweepImages } from '../../images/index.ts';
import { bootsDir, unfinishedBoots } from './boots/boot-store.ts';
import { downloadFolders } from './firmware-download.ts';
import { runFolders, socketFolders, sweepRuns } from './run-folder.ts';
import { snapshotFolders } from './snapshots/snapshot.ts';
import { incomingFolders } from './storage/image-index.ts';

/** Where to look. */
export interface LeftoverPlaces {
  readonly state?: string | undefined;
  readonly cache?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
}

/** What processes have left that were killed. The next machine that is opened removes it. */
export async function findLeftovers(places: LeftoverPlaces = {}): Promise<Leftover[]> {
  const { state = stateDir(), cache = cacheDir(), env = process.env } = places;
  const kinds: readonly (readonly [string, FolderKind])[] = [
    ['machine', runFolders(join(state, 'runs'))],
    ['snapshot of a machine', snapshotFolders(state)],
    ['sockets of a machine', await socketFolders(env)],
    ['sockets of a session', await runtimeFolders(env)],
    ['image on its way', incomingFolders(join(cache, 'images', 'flashed'))],
    ['firmware download', downloadFolders(cache)],
    ['boot that was to be remembered', unfinishedBoots(bootsDir(cache))],
  ];
  const found = await Promise.all(
    kinds.map(async ([kind, folders]) => (await findLeftFolders(folders)).map((path) => ({ kind, path }))),
  );
  const images = (await listLeftovers({ cache })).map((path) => ({ kind: 'image', path }));
  return [...found.flat(), ...images];
}

/** Removes it, but for images that were put aside as damaged. What belongs to anybody who lives is not touched. */
export async function sweepLeftovers(log: Log): Promise<void> {
  const cache = cacheDir();
  await sweepRuns(join(stateDir(), 'runs'), log);
  await sweepFolders(snapshotFolders(stateDir()), { log });
  await sweepFolders(await runtimeFolders(), { log });
  await sweepFolders(incomingFolders(join(cache, 'images', 'flashed')), { log });
  await sweepFolders(downloadFolders(cache), { log });
  await sweepFolders(unfinishedBoots(bootsDir(cache)), { log });
  await sweepImages({ cache });
}
