import { realpath, stat } from 'node:fs/promises';
import { join, sep } from 'node:path';

/** What a path that a device asks for leads to. */
export type FoundFile =
  | { readonly kind: 'file'; readonly path: string; readonly size: number }
  | { readonly kind: 'missing' }
  | { readonly kind: 'forbidden' };

/**
 * The file that `name` means below the folder `root`; slashes at its start do not count. What leads out of the folder, by `..` or
 * by a symbolic link, is forbidden.
 */
export async function findFile(root: string, name: string): Promise<FoundFile> {
  const parts = name.split(/[/\\]/).filter((part) => part !== '' && part !== '.');
  if (parts.includes('..') || name.includes('\0')) return { kind: 'forbidden' };
  try {
    const top = await realpath(root);
    const path = await realpath(join(top, ...parts));
    if (path === top) return { kind: 'missing' };
    if (!path.startsWith(top.endsWith(sep) ? top : top + sep)) return { kind: 'forbidden' };
    const found = await stat(path);
    return found.isFile() ? { kind: 'file', path, size: found.size } : { kind: 'missing' };
  } catch {
    return { kind: 'missing' };
  }
}
