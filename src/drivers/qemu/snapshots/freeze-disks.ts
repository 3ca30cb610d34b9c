import { chmod, chown, link, readdir, rename, rm } from 'node:fs/promises';
import { basename, dirname, join } from 'node:path';
import { BORROWERS, lendFile } from '../../../core/index.ts';
import type { Qmp } from '../machine/qmp.ts';
import { createOverlay, diskSize } from '../storage/disks.ts';

/** A disk that a machine writes to. */
export interface LiveDisk {
  /** Where its file lies while the machine is off. */
  readonly path: string;
  /** The file that is written to now, and the block node. */
  readonly file: string;
  readonly node: string;
}

export interface FreezeOptions {
  /** Where what is frozen goes. */
  readonly folder: string;
  /** Makes the names of new nodes and files unique. */
  readonly generation: number;
  /** Whom QEMU runs as, where that is not we ourselves. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
  /** Is told, once QEMU writes to the overlays, of the disks as they are from now on, and of where to find what was frozen. */
  readonly onSwitch: (disks: readonly LiveDisk[], bases: readonly string[]) => void;
  readonly signal: AbortSignal;
}

/** New overlays, open in QEMU and not yet in use. */
export interface DiskFreeze extends AsyncDisposable {
  /** From now on QEMU writes to the overlays. The machine must stand still. */
  switchOver(): Promise<void>;
  /** Puts what was frozen into the folder; closing it does so as well. Returns it, by the names of the disks' files. */
  settle(): Promise<Readonly<Record<string, string>>>;
}

/**
 * Prepares to freeze what is on `disks`, so that it takes one command when the machine stands still.
 *
 * QEMU remembers its files by their names and opens them again when it likes. So while it lives no name that it knows is taken away
 * or given to another file: an overlay gets its disk's name when that QEMU is gone, by `putIntoPlace`.
 */
export async function prepareFreeze(
  qmp: Qmp,
  disks: readonly LiveDisk[],
  { folder, generation, user, onSwitch, signal }: FreezeOptions,
): Promise<DiskFreeze> {
  await using stack = new AsyncDisposableStack();
  let switched = false;
  const next = disks.map(({ path, file, node }) => ({
    ...{ path, file, node },
    overlay: `${path}.${generation}`,
    base: join(folder, basename(path)),
    newNode: `${basename(path, '.qcow2')}-${generation}`,
  }));
  for (const { file, overlay, base, newNode } of next) {
    await createOverlay(overlay, { path: base, format: 'qcow2' }, await diskSize(file));
    if (user) await chown(overlay, user.uid, user.gid);
    stack.defer(async () => void (switched || (await rm(overlay, { force: true }))));
    signal.throwIfAborted();
    await qmp.execute('blockdev-add', overlayNode(newNode, overlay));
    stack.defer(async () => {
      if (!switched) await qmp.execute('blockdev-del', { 'node-name': newNode }).catch(() => undefined);
    });
  }
  let settled: Promise<void> | undefined;
  const settle = async () => {
    if (switched) settled ??= keep(next, user);
    await settled;
    return Object.fromEntries(next.map(({ path, base }) => [basename(path), base]));
  };
  stack.defer(async () => void (await settle()));
  const held = stack.move();
  return {
    switchOver: async () => {
      const actions = next.map(({ node, newNode }) => ({
        type: 'blockdev-snapshot',
        data: { node, overlay: newNode },
      }));
      signal.throwIfAborted();
      // Without the signal, as above: what QEMU has been told it does, whether we wait for it or not.
      if (actions.length > 0) await qmp.execute('transaction', { actions });
      switched = true;
      const now = next.map(({ path, overlay, newNode }) => ({ path, file: overlay, node: newNode }));
      onSwitch(
        now,
        next.map(({ base }) => base),
      );
    },
    settle,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

/**
 * Gives what was frozen the names by which others lie over it, and lets them read it. It stays that QEMU's own as long as that lives: it
 * has the file open for writing, and opens it so again when it changes what lies over what.
 */
async function keep(
  disks: readonly { readonly file: string; readonly base: string }[],
  user: FreezeOptions['user'],
): Promise<void> {
  for (const { file, base } of disks) {
    await link(file, base);
    if (user === null) continue;
    await chown(base, user.uid, BORROWERS);
    await chmod(base, 0o640);
  }
}

/** When QEMU is gone: the files that it has written last are those of the disks, and nobody writes to the others any more. */
export async function putIntoPlace(disks: readonly LiveDisk[], bases: readonly string[]): Promise<void> {
  for (const base of bases) await lendFile(base);
  for (const { path, file } of disks) {
    await rename(file, path);
    const left = (await readdir(dirname(path))).filter((name) => isOverlayOf(basename(path), name));
    for (const name of left) await rm(join(dirname(path), name), { force: true });
  }
}

const isOverlayOf = (disk: string, name: string) =>
  name.startsWith(`${disk}.`) && /^\d+$/.test(name.slice(disk.length + 1));

/** As `blockNode` of the plan has it, but that QEMU is not to open what it will lie on. */
const overlayNode = (name: string, filename: string) => ({
  'node-name': name,
  driver: 'qcow2',
  'read-only': false,
  discard: 'unmap',
  backing: null,
  file: { driver: 'file', filename, 'read-only': false, discard: 'unmap' },
});
