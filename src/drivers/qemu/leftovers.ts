import { join } from 'node:path';
import {
  cacheDir,
  type FolderKind,
  findLeftFolders,
  type Leftover,
  runtimeFolders,
  stateDir,
} from '../../core/index.ts';
import { listLeftovers } from '../../images/index.ts';
import { downloadFolders } from './firmware-download.ts';
import { runFolders, socketFolders } from './run-folder.ts';
import { incomingFolders } from './storage/image-index.ts';

export interface LeftoverPlaces {
  readonly state?: string | undefined;
  readonly cache?: string | undefined;
  readonly env?: NodeJS.ProcessEnv;
}

/** What processes have left that were killed. The next one that makes something of that kind removes it. */
export async function findLeftovers(places: LeftoverPlaces = {}): Promise<Leftover[]> {
  const { state = stateDir(), cache = cacheDir(), env = process.env } = places;
  const kinds: readonly (readonly [string, FolderKind])[] = [
    ['machine', runFolders(join(state, 'runs'))],
    ['sockets of a machine', await socketFolders(env)],
    ['sockets of a session', await runtimeFolders(env)],
    ['image on its way', incomingFolders(join(cache, 'images', 'flashed'))],
    ['firmware download', downloadFolders(cache)],
  ];
  const found = await Promise.all(
    kinds.map(async ([kind, folders]) => (await findLeftFolders(folders)).map((path) => ({ kind, path }))),
  );
  const images = (await listLeftovers({ cache })).map((path) => ({ kind: 'image', path }));
  return [...found.flat(), ...images];
}
