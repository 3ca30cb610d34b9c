import { createHash } from 'node:crypto';
import { lstat, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from '../../../core/index.ts';
import type { KnownCommand } from './known.ts';

/** How long what is behind a TCP address is taken for the same, in milliseconds. A socket is another one by its inode. */
const TCP_LIFETIME = 60_000;
/** What nobody has asked for since then is removed. */
const KEPT = 24 * 60 * 60 * 1_000;

/** The trees of devices, as completion needs them: a key must not wait for a connection each time it is pressed. */
export interface TreeCache {
  read(): Promise<KnownCommand | undefined>;
  write(tree: KnownCommand): Promise<void>;
}

/** The cache for the device at `address`, in a folder that only its owner can look into. */
export async function openTreeCache(
  address: string,
  env: Readonly<Record<string, string | undefined>>,
): Promise<TreeCache> {
  const folder = join(env['XDG_RUNTIME_DIR'] ?? tmpdir(), `jl-completion-${process.getuid?.() ?? 0}`);
  const socket = await stat(address).catch(() => undefined);
  const identity = socket ? `${address} ${socket.dev} ${socket.ino} ${socket.ctimeMs}` : address;
  const path = join(folder, `${createHash('sha256').update(identity).digest('hex')}.json`);
  return {
    read: async () => {
      if (!(await isOwn(folder))) return undefined;
      const written = await stat(path).catch(() => undefined);
      if (!written || (!socket && Date.now() - written.mtimeMs > TCP_LIFETIME)) return undefined;
      return JSON.parse(await readFile(path, 'utf8')) as KnownCommand; // SAFE: only we write there
    },
    write: async (tree) => {
      await makeFolder(folder, 0o700);
      if (!(await isOwn(folder))) return;
      await sweep(folder);
      const temporary = `${path}.${process.pid}`;
      await writeFile(temporary, JSON.stringify(tree), { mode: 0o600 });
      await rename(temporary, path);
    },
  };
}

/** Whoever came first may have made a folder of that name. */
async function isOwn(folder: string): Promise<boolean> {
  const found = await lstat(folder).catch(() => undefined);
  return found?.isDirectory() === true && found.uid === process.getuid?.() && (found.mode & 0o077) === 0;
}

async function sweep(folder: string): Promise<void> {
  for (const name of await readdir(folder)) {
    const path = join(folder, name);
    const { mtimeMs } = await stat(path).catch(() => ({ mtimeMs: Date.now() }));
    if (Date.now() - mtimeMs > KEPT) await rm(path, { force: true });
  }
}
