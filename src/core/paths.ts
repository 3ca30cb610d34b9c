import { stat } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';
import { makeFolder } from './make-folder.ts';
import type { FolderKind } from './owned-folder.ts';

type Env = Readonly<Record<string, string | undefined>>;

const isRoot = () => process.getuid?.() === 0;

/** Where images, remembered boots and snapshots are kept: may be deleted whole, is shared by all runs of a user. */
export function cacheDir(env: Env = process.env): string {
  if (env['JUMPLEAD_CACHE']) return env['JUMPLEAD_CACHE'];
  if (env['XDG_CACHE_HOME']) return join(env['XDG_CACHE_HOME'], 'jumplead');
  // As root, a fixed place: an image that took minutes to build must not depend on what HOME happens to be.
  return isRoot() ? '/var/cache/jumplead' : join(homedir(), '.cache', 'jumplead');
}

/** Where each run keeps what it needs while it lives: `runs/<id>`. */
export function stateDir(env: Env = process.env): string {
  if (env['XDG_STATE_HOME']) return join(env['XDG_STATE_HOME'], 'jumplead');
  // As root, a place that others can reach: programs of ours then run as another user, and root's home is closed to them.
  return isRoot() ? '/var/lib/jumplead' : join(homedir(), '.local', 'state', 'jumplead');
}

/** The most that the path of a folder for sockets may have: `sun_path` holds 108 bytes, of which names take the rest. */
const LONGEST_PARENT = 64;

/** Folders for sockets: their paths are short enough for `sun_path`. As root, programs of ours that run as somebody else get there. */
export async function runtimeFolders(env: Env = process.env): Promise<FolderKind> {
  const wanted = env['XDG_RUNTIME_DIR'] ?? tmpdir();
  const parent = Buffer.byteLength(wanted) <= LONGEST_PARENT ? wanted : '/tmp';
  await makeFolder(parent, isRoot() ? 0o711 : 0o700);
  const reachable = !isRoot() || ((await stat(parent)).mode & 0o001) !== 0;
  return { parent: reachable ? parent : '/tmp', prefix: 'jumplead-' };
}

/** Creates a folder that only its owner can look into. */
export async function makePrivateDir(path: string): Promise<string> {
  await makeFolder(path, 0o700);
  return path;
}
