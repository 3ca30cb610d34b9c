import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FolderFacts } from './facts.ts';

/** How much room there is in a folder, which need not be there yet: then, where it will be. */
export async function lookAtFolder(path: string): Promise<FolderFacts> {
  const place = await nearest(path);
  const [{ bavail, bsize }, writable] = await Promise.all([
    statfs(place),
    access(place, constants.W_OK).then(
      () => true,
      () => false,
    ),
  ]);
  return { path, free: bavail * bsize, writable };
}

/** The folder itself, or the innermost of those around it that is there. */
async function nearest(path: string): Promise<string> {
  const there = await stat(path).catch(() => undefined);
  return there || dirname(path) === path ? path : nearest(dirname(path));
}
