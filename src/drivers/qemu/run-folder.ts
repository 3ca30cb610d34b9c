import { chmod, lchown, readdir, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type FolderKind,
  findLeftFolders,
  type Log,
  lendDir,
  makeFolder,
  openOwnedFolder,
  runtimeFolders,
  sweepFolders,
} from '../../core/index.ts';
import { salvageTranscript } from './console/salvage.ts';

/** The folder of one run: everything that a machine needs while it lives. Closing it removes it. */
export interface RunFolder extends AsyncDisposable {
  readonly id: string;
  readonly path: string;
  /** A folder with a path short enough for sockets, and with what the console prints until that is recorded. */
  readonly sockets: string;
}

/** The folders of runs in `runs`. */
export const runFolders = (runs: string): FolderKind => ({ parent: runs, prefix: '' });

/** The folders of their sockets. */
export async function socketFolders(env?: NodeJS.ProcessEnv): Promise<FolderKind> {
  const { parent, prefix } = await runtimeFolders(env);
  return { parent, prefix: `${prefix}vm-` };
}

/** Makes the folders of a new run, which nobody else gets into. */
export async function openRunFolder(runs: string): Promise<RunFolder> {
  await makeFolder(runs, 0o711);
  // Borrowers may pass through, to the folder that is theirs.
  await lendDir(runs);
  await using stack = new AsyncDisposableStack();
  // Each takes a lock, by a program: both at once, as forks are to start in a moment.
  const take = async (kind: FolderKind) => stack.use(await openOwnedFolder(kind));
  const both = [take(runFolders(runs)), take(await socketFolders())] as const;
  await Promise.allSettled(both);
  const [{ name, path }, { path: sockets }] = await Promise.all(both);
  const held = stack.move();
  return { id: name, path, sockets, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/**
 * Lets the user as whom QEMU runs into a run's folders, by his own group, of which there is nobody else. They stay ours: he can
 * neither move them nor let others in.
 */
export async function handOver(folder: RunFolder, { gid }: { readonly gid: number }): Promise<void> {
  for (const path of [folder.path, folder.sockets]) {
    await lchown(path, 0, gid);
    // Sticky: what is ours in there stays as it is.
    await chmod(path, 0o1770);
  }
}

/** The folders of runs whose owners live. */
export async function findLiveRuns(runs: string): Promise<string[]> {
  const left = await findLeftFolders(runFolders(runs));
  const entries = await readdir(runs, { withFileTypes: true }).catch(() => []);
  const paths = entries.filter((entry) => entry.isDirectory()).map(({ name }) => join(runs, name));
  return paths.filter((path) => !left.includes(path));
}

/** The users that the QEMUs of runs were handed over to. */
export async function usersOfRuns(runs: string): Promise<number[]> {
  const paths = (await readdir(runs)).map((name) => join(runs, name));
  return await Promise.all(
    paths.map((path) =>
      stat(path).then(
        ({ gid }) => gid,
        () => 0,
      ),
    ),
  );
}

/** Removes the folders of runs whose owners are dead, and completes the transcripts of their consoles. Their QEMUs died with them. */
export async function sweepRuns(runs: string, log: Log): Promise<void> {
  await sweepFolders(runFolders(runs), { log });
  await sweepFolders(await socketFolders(), { log, bury: (path) => salvageTranscript(path, log) });
}
