import { readdir } from 'node:fs/promises';
import { join } from 'node:path';

/** The configurations of a folder by their names, in alphabetical order; none where there is no such folder. */
export async function listYaml(folder: string): Promise<ReadonlyMap<string, string>> {
  const names = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return [];
    throw error;
  });
  const yaml = names.filter((name) => name.endsWith('.yaml') && !name.startsWith('.')).toSorted();
  return new Map(yaml.map((name) => [name.slice(0, -'.yaml'.length), join(folder, name)]));
}
