import { readFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { constants, zstdCompress } from 'node:zlib';
import { type CpioMember, writeCpio } from './cpio.ts';
import { findModules } from './kernel-modules.ts';
import type { TreeEntry } from './recipe.ts';

/** What goes into an initramfs of ours. */
export interface InitramfsParts {
  /** A static busybox of the guest's architecture. */
  readonly busybox: string;
  /** The folder `lib/modules/<version>` of the guest's kernel. */
  readonly modulesDir: string;
  /** Modules to load, without those that they need. */
  readonly modules: readonly string[];
  /** Our own files, among them `/init`. */
  readonly tree: readonly TreeEntry[];
}

/**
 * Makes an initramfs: busybox, the wanted modules with all they need (`/modules/order` lists them for `insmod`), and
 * our own files. Needs no privileges and runs nothing of the guest's architecture.
 */
export async function makeInitramfs(parts: InitramfsParts): Promise<Buffer> {
  const modules = await findModules(parts.modulesDir, parts.modules);
  const files = [
    fileMember('/bin/busybox', await readFile(parts.busybox), 0o755),
    { path: '/bin/sh', kind: 'link', target: 'busybox' },
    { path: '/dev/console', kind: 'chardev', major: 5, minor: 1 },
    fileMember('/modules/order', Buffer.from(modules.map(({ name }) => `${name}\n`).join(''))),
    ...(await Promise.all(
      modules.map(async ({ name, file }) =>
        fileMember(`/modules/${name}.ko`, await readFile(join(parts.modulesDir, file))),
      ),
    )),
    ...parts.tree.map(treeMember),
  ] satisfies CpioMember[];
  const folders = parentFolders(files.map(({ path }) => path));
  return await promisify(zstdCompress)(writeCpio([...folders, ...files]), {
    params: { [constants.ZSTD_c_compressionLevel]: 12 },
  });
}

/** Every folder above the paths, outermost first. */
export function parentFolders(paths: readonly string[]): CpioMember[] {
  const folders = new Set<string>();
  for (const path of paths) for (let dir = dirname(path); dir !== '/'; dir = dirname(dir)) folders.add(dir);
  return [...folders].sort().map((path) => ({ path, kind: 'dir' }));
}

function treeMember(entry: TreeEntry): CpioMember {
  if ('link' in entry) return { path: entry.path, kind: 'link', target: entry.link };
  return fileMember(entry.path, Buffer.from(entry.text), entry.mode);
}

function fileMember(path: string, data: Uint8Array, mode = 0o644): CpioMember {
  return { path, kind: 'file', data, mode };
}
