import { randomBytes } from 'node:crypto';
import { lstat, mkdir, readdir, rename, rm } from 'node:fs/promises';
import { dirname, join, relative } from 'node:path';
import { isLocked, tryLock, tryLockExisting } from './file-lock.ts';
import type { Log } from './log.ts';
import { makeFolder } from './make-folder.ts';

/** Where folders of one kind lie, and how their names begin. */
export interface FolderKind {
  readonly parent: string;
  /** Before the part that makes each name its own. */
  readonly prefix: string;
}

/** A folder that belongs to this process. Closing it removes it. */
export interface OwnedFolder extends AsyncDisposable {
  readonly path: string;
  /** The last part of its path. */
  readonly name: string;
}

/** What a process has left that was killed. */
export interface Leftover {
  readonly kind: string;
  readonly path: string;
}

const LOCK = '.lock';

/** The folder within an owned one for what its owner has moved there and may yet put back. The names in it are where it was. */
const UNDECIDED = 'undecided';

/**
 * Makes a folder of that kind, mode 0700, which belongs to this process until it is closed or the process ends. `parent` must be
 * there.
 *
 * Its lock, `<name>.lock` beside it, is held before the folder is there and given up after it is gone. So a folder whose lock
 * nobody holds belongs to nobody, at any moment and however young it is.
 */
export async function openOwnedFolder({ parent, prefix }: FolderKind): Promise<OwnedFolder> {
  for (;;) {
    const name = `${prefix}${randomBytes(6).toString('hex')}`;
    const path = join(parent, name);
    const lock = await tryLock(`${path}${LOCK}`);
    // Somebody who sweeps has just seen it.
    if (!lock) continue;
    await using stack = new AsyncDisposableStack();
    stack.use(lock);
    await mkdir(path, { mode: 0o700 });
    stack.move();
    const close = async () => {
      await removeTree(path);
      // What could not be removed stays ours until we end, and is swept away then.
      await lock[Symbol.asyncDispose]();
    };
    let closed: Promise<void> | undefined;
    return { path, name, [Symbol.asyncDispose]: () => (closed ??= close()) };
  }
}

export interface SweepOptions {
  /** Is told of each folder that is removed, or cannot be. */
  readonly log?: Log | undefined;
  /** Called with each before. */
  readonly bury?: (path: string) => Promise<void>;
}

/**
 * Removes the folders of that kind whose owners are dead. Those of other users stay, as do those whose owners live, wherever
 * they do.
 */
export async function sweepFolders(kind: FolderKind, options: SweepOptions = {}): Promise<void> {
  for (const path of await namedSo(kind)) await sweep(path, options);
}

async function sweep(path: string, { log, bury }: SweepOptions): Promise<void> {
  const lock = await tryLockExisting(`${path}${LOCK}`);
  if (lock === 'held' || (lock === 'missing' && !(await isOurs(path)))) return;
  await using stack = new AsyncDisposableStack();
  if (lock !== 'missing') stack.use(lock);
  try {
    log?.info({ path }, 'removing what a dead process has left');
    await bury?.(path);
    for (const name of await readdir(join(path, UNDECIDED)).catch(() => [])) await putBack(path, name);
    await removeTree(path);
  } catch (error) {
    // Nobody who starts is to blame for it.
    log?.warn({ path, error }, 'cannot remove what a dead process has left');
  }
}

/**
 * Moves `path` into `folder`, an owned one of the same file system, where nobody looks for it. If its owner is killed before he says what is to become
 * of it, whoever sweeps puts it back.
 */
export async function moveAside(path: string, { path: folder }: OwnedFolder): Promise<Aside> {
  const name = encodeURIComponent(relative(dirname(folder), path));
  const moved = join(folder, UNDECIDED, name);
  await makeFolder(dirname(moved));
  await rename(path, moved);
  return {
    putBack: async () => await putBack(folder, name),
    giveUp: async () => await rename(moved, join(folder, randomBytes(6).toString('hex'))),
  };
}

/** What was moved aside. */
export interface Aside {
  /** Puts it back where it was, unless something else is there by now. */
  putBack(): Promise<void>;
  /** It is not put back any more, and goes with the folder. */
  giveUp(): Promise<void>;
}

async function putBack(folder: string, name: string): Promise<void> {
  const place = join(dirname(folder), decodeURIComponent(name));
  await rename(join(folder, UNDECIDED, name), place).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'ENOTEMPTY' && error.code !== 'EEXIST') throw error;
  });
}

/** The folders of that kind whose owners are dead. Nothing is changed. */
export async function findLeftFolders(kind: FolderKind): Promise<string[]> {
  const paths = await namedSo(kind);
  const held = await Promise.all(paths.map((path) => isLocked(`${path}${LOCK}`)));
  return paths.filter((_path, index) => !held[index]);
}

/** Every folder of that kind, also where nothing but its lock is there. */
async function namedSo({ parent, prefix }: FolderKind): Promise<string[]> {
  const names = (await readdir(parent).catch(() => []))
    .filter((name) => name.startsWith(prefix))
    .map((name) => (name.endsWith(LOCK) ? name.slice(0, -LOCK.length) : name))
    .filter((name) => /^[0-9a-f]{12}$/.test(name.slice(prefix.length)));
  return [...new Set(names)].map((name) => join(parent, name));
}

async function isOurs(path: string): Promise<boolean> {
  const found = await lstat(path).catch(() => undefined);
  return found !== undefined && found.uid === process.getuid?.();
}

const removeTree = async (path: string) => await rm(path, { recursive: true, force: true, maxRetries: 3 });
