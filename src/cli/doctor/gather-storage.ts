import { constants } from 'node:fs';
import { access, lstat, readdir, stat, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
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

/** The bytes that a folder takes on the disk. What vanishes meanwhile is not counted. */
export async function measureFolder(path: string, signal?: AbortSignal): Promise<number> {
  let bytes = 0;
  const folders = [path];
  for (const folder of folders) {
    signal?.throwIfAborted();
    const entries = await readdir(folder, { withFileTypes: true }).catch(() => []);
    folders.push(...entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(folder, name)));
    const files = entries.filter((entry) => entry.isFile()).map(({ name }) => join(folder, name));
    const sizes = await Promise.all(files.map(sizeOnDisk));
    bytes += sizes.reduce((sum, size) => sum + size, 0);
  }
  return bytes;
}

/** Images are sparse: their length says little. A block counts 512 bytes, whatever the file system. */
const sizeOnDisk = (path: string) =>
  lstat(path).then(
    ({ blocks }) => blocks * 512,
    () => 0,
  );
