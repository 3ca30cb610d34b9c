import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { chown, mkdir, open, readdir, readFile, rename, rm, stat, writeFile } from 'node:fs/promises';
import { connect, createServer, type Server } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { type Log, makeRuntimeDir } from '../../core/index.ts';
import { salvageConsole } from './console/salvage.ts';

/** Names of folders that are being made start so; they are renamed when their lock is held. */
const NEW = '.new-';
/** A folder without a lock can only be left over; one that was made this recently may be about to get one. */
const ABANDONED_AFTER = 3_600_000;
const LOCK = 'lock';
const SOCKETS = 'sockets';
const ARTIFACTS = 'artifacts';

/** The folder of one run: everything that a machine needs while it lives. Closing it removes it. */
export interface RunFolder extends AsyncDisposable {
  readonly id: string;
  readonly path: string;
  /** A folder with a path short enough for sockets. */
  readonly sockets: string;
}

export interface RunOptions {
  readonly log: Log;
  /** Where what is worth keeping goes if this process is killed. */
  readonly artifacts?: string | undefined;
}

/**
 * Makes the folder of a new run in `runs`, mode 0700, and sweeps away those whose owners are dead.
 *
 * Its lock is a socket on which the owner listens: whoever can connect knows that the owner lives. The kernel closes it
 * however the owner ends, and unlike a process id it means the same in every container that shares the folder.
 */
export async function openRunFolder(runs: string, options: RunOptions): Promise<RunFolder> {
  const { log, artifacts } = options;
  // Others may pass through, to the folders that are theirs, but not look around.
  await mkdir(runs, { recursive: true, mode: 0o711 });
  await sweepRuns(runs, log);
  await using stack = new AsyncDisposableStack();
  const id = randomBytes(4).toString('hex');
  const path = join(runs, id);
  const unlocked = join(runs, `${NEW}${id}`);
  await mkdir(unlocked, { mode: 0o700 });
  stack.defer(() => removeTree(unlocked));
  const sockets = await makeRuntimeDir();
  stack.defer(() => removeTree(sockets));
  await writeFile(join(unlocked, SOCKETS), sockets);
  if (artifacts !== undefined) await writeFile(join(unlocked, ARTIFACTS), artifacts);
  const lock = await listen(join(unlocked, LOCK));
  stack.defer(async () => void lock.close());
  await rename(unlocked, path);
  stack.defer(() => removeTree(path));
  const held = stack.move();
  return { id, path, sockets, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Gives a run's folders to the user as whom QEMU runs. We are root then and see into them all the same. */
export async function handOver(
  folder: RunFolder,
  user: { readonly uid: number; readonly gid: number },
): Promise<void> {
  for (const path of [folder.path, folder.sockets]) await chown(path, user.uid, user.gid);
}

/** Removes the folders of runs whose owners are dead. Their QEMUs died with them. */
export async function sweepRuns(runs: string, log: Log): Promise<void> {
  for (const path of await findDeadRuns(runs)) {
    log.info({ run: path }, 'removing what a dead run has left');
    const sockets = await readFile(join(path, SOCKETS), 'utf8').catch(() => undefined);
    const artifacts = await readFile(join(path, ARTIFACTS), 'utf8').catch(() => undefined);
    if (sockets !== undefined && artifacts !== undefined)
      await salvageConsole(sockets, artifacts).catch((error) =>
        log.warn({ run: path, reason: String(error) }, 'cannot complete the transcript of its console'),
      );
    // Only what makeRuntimeDir makes: the file may have been cut short.
    if (sockets !== undefined && /^jumplead-[0-9a-f]{10}$/.test(basename(sockets))) await removeTree(sockets);
    await removeTree(path);
  }
}

/** The folders of runs whose owners are dead. */
export async function findDeadRuns(runs: string): Promise<string[]> {
  const paths = (await readdir(runs)).map((name) => join(runs, name));
  const alive = await Promise.all(paths.map(isAlive));
  return paths.filter((_path, index) => !alive[index]);
}

async function isAlive(path: string): Promise<boolean> {
  if (await atSocket(join(path, LOCK), canConnect)) return true;
  const made = await stat(path).catch(() => undefined);
  return basename(path).startsWith(NEW) && made !== undefined && Date.now() - made.mtimeMs < ABANDONED_AFTER;
}

async function canConnect(path: string): Promise<boolean> {
  const socket = connect(path);
  try {
    await once(socket, 'connect');
    return true;
  } catch {
    return false;
  } finally {
    socket.destroy();
  }
}

async function listen(path: string): Promise<Server> {
  const server = createServer((asker) => asker.on('error', () => undefined).destroy());
  await atSocket(path, async (short) => await once(server.listen(short), 'listening'));
  return server.unref();
}

/** Runs `act` with a path that fits into a socket's address, which ends at about a hundred bytes. */
async function atSocket<T>(path: string, act: (path: string) => Promise<T>): Promise<T> {
  if (Buffer.byteLength(path) < 100) return await act(path);
  const folder = await open(dirname(path)).catch(() => undefined);
  try {
    return await act(folder ? `/proc/self/fd/${folder.fd}/${basename(path)}` : path);
  } finally {
    await folder?.close();
  }
}

const removeTree = async (path: string) => await rm(path, { recursive: true, force: true, maxRetries: 3 });
