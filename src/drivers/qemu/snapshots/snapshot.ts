import { type FileHandle, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type ByteSize,
  type FolderKind,
  lendDir,
  makeFolder,
  type OwnedFolder,
  openOwnedFolder,
  stateDir,
} from '../../../core/index.ts';
import type { Origin } from '../plan/types.ts';
import type { Contents } from '../storage/media.ts';

/** Where the files of snapshots lie, of all machines. */
export const snapshotFolders = (state: string): FolderKind => ({
  parent: join(state, 'snapshots'),
  prefix: '',
});

/** Makes a folder for one snapshot, from which its files are lent to the QEMUs that start from it. */
export async function openSnapshotFolder(): Promise<OwnedFolder> {
  const kind = snapshotFolders(stateDir());
  await makeFolder(kind.parent, 0o711);
  await lendDir(kind.parent);
  const folder = await openOwnedFolder(kind);
  await lendDir(folder.path);
  return folder;
}

/** What a machine was when it was saved, beside its configuration. */
export interface SavedMachine {
  /** The sizes that were asked for, other than the configuration's. */
  readonly sizes: { readonly memory?: ByteSize; readonly diskSize?: ByteSize };
  readonly contents: Contents;
  readonly origin: Origin;
  /** The guest's memory. Nobody writes to it any more. */
  readonly memory: FileHandle;
  /** The file with the state of its devices. */
  readonly state: string;
  /** What its console had shown. */
  readonly history: string;
  /** How long it stood still, in milliseconds. */
  readonly pause: number;
  /** The key of the remembered boot that it was started from, if it was. */
  readonly boot: string | undefined;
  /** Whether its kernel notices that it has become another machine. */
  readonly renews: boolean;
  /** Whether an agent answers in it. */
  readonly hasAgent: boolean;
}

/** A saved machine that others start from, under its name. */
export class Snapshot implements AsyncDisposable {
  readonly name: string;
  readonly created = new Date();
  readonly saved: SavedMachine;
  /** Nobody has asked for it by name: it goes with its last fork. */
  readonly passing: boolean;
  /** What its console had shown is the boot of whoever starts from it, and is shown to him as that. */
  readonly booted: boolean;
  readonly #forks = new Set<string>();

  constructor(
    name: string,
    saved: SavedMachine,
    { passing, booted }: { readonly passing: boolean; readonly booted: boolean },
  ) {
    this.name = name;
    this.saved = saved;
    this.passing = passing;
    this.booted = booted;
  }

  /** The names of the forks that live. */
  get forks(): readonly string[] {
    return [...this.#forks];
  }

  add(fork: string): void {
    this.#forks.add(fork);
  }

  remove(fork: string): void {
    this.#forks.delete(fork);
  }

  /** Bytes of memory, and on the disk, that it takes. */
  async space(): Promise<{ readonly memory: number; readonly disk: number }> {
    const { memory, state, history, origin } = this.saved;
    const files = await Promise.all(
      [state, history, ...Object.values(origin.bases)].map((path) => stat(path)),
    );
    return {
      memory: (await memory.stat()).blocks * 512,
      disk: files.reduce((sum, { blocks }) => sum + blocks * 512, 0),
    };
  }

  /** Frees what only who starts from it needs. What its disks were stays: the machine itself lies over it. */
  async [Symbol.asyncDispose](): Promise<void> {
    const { memory, state, history } = this.saved;
    await memory.close();
    for (const path of [state, history]) await rm(path, { force: true });
  }
}
