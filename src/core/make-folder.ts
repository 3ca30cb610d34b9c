import { mkdir, stat } from 'node:fs/promises';
import { dirname } from 'node:path';

/**
 * Makes a folder, and those around it that are missing, with `mode`. Returns the outermost that was made; `undefined`: it was
 * there. Where a file system takes no folders (`/proc`), Node's own `recursive` never ends; this throws what the system says.
 */
export async function makeFolder(path: string, mode = 0o777): Promise<string | undefined> {
  if (await isMade(path, mode)) return path;
  if (await isFolder(path)) return undefined;
  const outermost = await makeFolder(dirname(path), mode);
  await mkdir(path, { mode }).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST' || !(await isFolder(path))) throw error;
  });
  return outermost ?? path;
}

/** Whether it was made now. Not where it is there, or what is to be around it is not. */
async function isMade(path: string, mode: number): Promise<boolean> {
  try {
    await mkdir(path, { mode });
    return true;
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException; // SAFE: the system's error
    if (code === 'ENOENT' && dirname(path) !== path) return false;
    if (await isFolder(path)) return false;
    throw error;
  }
}

const isFolder = (path: string) =>
  stat(path).then(
    (stats) => stats.isDirectory(),
    () => false,
  );
