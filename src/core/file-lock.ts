import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { close, constants, fstat, open } from 'node:fs';
import { lstat, unlink } from 'node:fs/promises';
import { promisify } from 'node:util';
import { LaunchError } from './errors.ts';
import { LEASHED, leash } from './leash.ts';
import { findProgram } from './programs.ts';

/** A lock that this process holds on a file of its own. Disposing of it removes the file. */
export type FileLock = AsyncDisposable;

export interface LockOptions {
  readonly signal?: AbortSignal | undefined;
}

const [openFile, closeFile, statFile] = [promisify(open), promisify(close), promisify(fstat)];

/** BSD's flag to lock a file as it is opened. Linux has none: there the program `flock` locks what it inherits from us. */
const O_EXLOCK = process.platform === 'darwin' ? 0x20 : undefined;
const HINT = 'flock is in the package util-linux';
/** What `flock` ends with when somebody else has the lock. */
const HELD = 1;

/**
 * Locks the file `path`, which is made if it is not there; `undefined` when somebody has locked it already.
 *
 * The kernel gives the lock up when this process ends, however it does. It holds for every process that reaches the file: of
 * other containers, and on file systems that hosts share, of other hosts.
 *
 * @throws LaunchError when the program `flock` cannot be run.
 */
export async function tryLock(path: string): Promise<FileLock | undefined> {
  return await lockFile(path, constants.O_CREAT, false);
}

/** As `tryLock`, but waits until the lock is free. @throws the signal's reason when that aborts. */
export async function acquireLock(path: string, options: LockOptions = {}): Promise<FileLock> {
  const lock = await lockFile(path, constants.O_CREAT, true, options.signal);
  if (lock) return lock;
  throw new Error(`${path}: the lock was not waited for`);
}

/** As `tryLock`, but makes no file: `missing` when there is none. One of another user counts as held. */
export async function tryLockExisting(path: string): Promise<FileLock | 'held' | 'missing'> {
  const found = await lstat(path).catch(() => undefined);
  if (!found) return 'missing';
  if (found.uid !== process.getuid?.()) return 'held';
  try {
    return (await lockFile(path, 0, false)) ?? 'held';
  } catch (error) {
    if (isMissing(error)) return 'missing';
    throw error;
  }
}

/** Whether anybody has locked `path`. Nothing is made or removed. */
export async function isLocked(path: string): Promise<boolean> {
  try {
    const descriptor = await take(path, 0, false);
    if (descriptor === undefined) return true;
    await closeFile(descriptor);
    return false;
  } catch (error) {
    // What may not be opened is somebody else's, who may be alive.
    return !isMissing(error);
  }
}

const isMissing = (error: unknown) => (error as NodeJS.ErrnoException).code === 'ENOENT'; // SAFE: only looked at

async function lockFile(
  path: string,
  create: number,
  wait: boolean,
  signal?: AbortSignal,
): Promise<FileLock | undefined> {
  for (;;) {
    const descriptor = await take(path, create, wait, signal);
    if (descriptor === undefined) return undefined;
    // Whoever had it before may have removed the file meanwhile: then this is a lock on nothing.
    if (await isStill(path, descriptor))
      return {
        [Symbol.asyncDispose]: async () => {
          await unlink(path).catch(() => undefined);
          await closeFile(descriptor);
        },
      };
    await closeFile(descriptor);
  }
}

async function isStill(path: string, descriptor: number): Promise<boolean> {
  const [held, found] = await Promise.all([statFile(descriptor), lstat(path).catch(() => undefined)]);
  return found?.ino === held.ino && found.dev === held.dev;
}

/**
 * Opens and locks a file; `undefined` when somebody else has it. A plain descriptor: a FileHandle would be closed once nobody
 * refers to it any more.
 */
async function take(
  path: string,
  create: number,
  wait: boolean,
  signal?: AbortSignal,
): Promise<number | undefined> {
  const flags = constants.O_RDWR | constants.O_NOFOLLOW | create;
  const patience = wait ? 0 : constants.O_NONBLOCK;
  if (O_EXLOCK !== undefined)
    return await openFile(path, flags | O_EXLOCK | patience, 0o600).catch((error) => {
      if (error.code === 'EAGAIN') return undefined;
      throw error;
    });
  const descriptor = await openFile(path, flags | constants.O_NONBLOCK, 0o600);
  try {
    if (await flock(descriptor, path, wait, signal)) return descriptor;
  } catch (error) {
    await closeFile(descriptor);
    throw error;
  }
  await closeFile(descriptor);
  return undefined;
}

/** A lock belongs to what is open, not to who has opened it: what the child locks stays locked as long as we have it open. */
async function flock(
  descriptor: number,
  path: string,
  wait: boolean,
  signal?: AbortSignal,
): Promise<boolean> {
  signal?.throwIfAborted();
  // Whoever waits must not do so after our end.
  const through = wait ? leash(await findProgram(['setpriv'])) : [];
  const [file = '', ...args] = [...through, 'flock', ...(wait ? [] : ['-n']), '0'];
  const child = spawn(file, args, {
    stdio: [descriptor, 'ignore', 'pipe'],
    env: { ...process.env, ...LEASHED },
    // A Ctrl-C at the terminal is for us.
    detached: true,
    ...(signal && { signal, killSignal: 'SIGKILL' }),
  });
  let stderr = '';
  child.stderr?.setEncoding('utf8').on('data', (text) => {
    stderr += text;
  });
  const [code, killed] = await once(child, 'close').catch((error) => {
    signal?.throwIfAborted();
    throw lockError(path, String(error.message));
  });
  if (code === 0) return true;
  if (code === HELD && !wait) return false;
  throw lockError(path, stderr.trim() || `flock ended with ${code ?? killed}`);
}

function lockError(path: string, reason: string): LaunchError {
  return new LaunchError(`cannot lock ${path}: ${reason}\n${HINT}`, {
    command: `flock ${path}`,
    exitCode: null,
    signal: null,
    stderr: reason,
    hint: HINT,
  });
}
