import { randomBytes } from 'node:crypto';
import { chmod, mkdir } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import { join } from 'node:path';

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

/** A new private folder (mode 0700) for sockets, with a path short enough for `sun_path` (under 100 bytes with a file). */
export async function makeRuntimeDir(env: Env = process.env): Promise<string> {
  const inRuntime = join(env['XDG_RUNTIME_DIR'] ?? tmpdir(), `jumplead-${randomBytes(5).toString('hex')}`);
  const dir =
    Buffer.byteLength(inRuntime) <= 70
      ? inRuntime
      : join('/tmp', `jumplead-${randomBytes(5).toString('hex')}`);
  await mkdir(dir, { recursive: true, mode: 0o700 });
  await chmod(dir, 0o700);
  return dir;
}

/** Creates a folder that only its owner can look into. */
export async function makePrivateDir(path: string): Promise<string> {
  await mkdir(path, { recursive: true, mode: 0o700 });
  return path;
}
