import { chmod, lchown, stat } from 'node:fs/promises';
import { dirname, resolve, sep } from 'node:path';
import { makeFolder } from './make-folder.ts';
import { cacheDir } from './paths.ts';

/**
 * The group of those who may read what is lent: programs of ours that run as somebody else because we are root. It has neither
 * a name nor members; systemd's list of numbers leaves it free for that.
 */
export const BORROWERS = 61_183;

const isRoot = () => process.getuid?.() === 0;

/**
 * Makes a folder from which files are lent: its owner looks into it, borrowers find in it what they know the name of, nobody
 * else gets in. One that is there already is made so.
 */
export async function makeLendingDir(path: string): Promise<string> {
  const first = await makeFolder(path, 0o700);
  const made = [path];
  while (first !== undefined && made[0] !== first && made[0] !== undefined) made.unshift(dirname(made[0]));
  for (const folder of made) await lendDir(folder);
  for (const folder of cacheAbove(path)) if (((await stat(folder)).mode & 0o077) === 0) await lendDir(folder);
  return path;
}

/** The folders of the cache that lead to `path`: whoever made them may not have known that something in them is lent. */
function cacheAbove(path: string): string[] {
  const cache = resolve(cacheDir());
  const above = dirname(resolve(path));
  if (above !== cache && !above.startsWith(cache + sep)) return [];
  return above === cache ? [cache] : [...cacheAbove(above), above];
}

/** Lends a folder that is there. */
export async function lendDir(path: string): Promise<void> {
  if (isRoot()) await lchown(path, 0, BORROWERS);
  await chmod(path, isRoot() ? 0o710 : 0o700);
}

/** Lets borrowers read a file that nobody writes to any more. */
export async function lendFile(path: string): Promise<void> {
  if (isRoot()) await lchown(path, 0, BORROWERS);
  await chmod(path, isRoot() ? 0o440 : 0o400);
}
