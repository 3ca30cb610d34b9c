import { constants } from 'node:fs';
import { access, stat, statfs } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { FolderFacts } from './facts.ts';

/** How much room there is in a folder, which need not be there yet: then, where it will be. */
export async function lookAtFolder(path: string): Promise<FolderFacts> {
  const place = await nearest(path);
  const [{ bavail, bsize }, isFolder, mayWrite] = await Promise.all([
    statfs(place),
    stat(place).then((stats) => stats.isDirectory()),
    access(place, constants.W_OK).then(
      () => true,
      () => false,
    ),
  ]);
  return { path, free: bavail * bsize, writable: isFolder && mayWrite };
}

/** The folder itself, or the innermost of what is around it that is there. */
async function nearest(path: string): Promise<string> {
  const there = await stat(path).catch(() => undefined);
  return there || dirname(path) === path ? path : nearest(dirname(path));
}
