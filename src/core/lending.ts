import { chmod, lchown, mkdir } from 'node:fs/promises';
import { dirname } from 'node:path';

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
  const first = await mkdir(path, { recursive: true, mode: 0o700 });
  const made = [path];
  while (first !== undefined && made[0] !== first && made[0] !== undefined) made.unshift(dirname(made[0]));
  for (const folder of made) await lendDir(folder);
  return path;
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
