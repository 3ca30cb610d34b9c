import { chown, link, rename, rm } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { lendFile } from '../../../core/index.ts';
import type { Qmp } from '../machine/qmp.ts';
import { createOverlay, diskSize } from '../storage/disks.ts';

/** A disk that a machine writes to. */
export interface LiveDisk {
  /** Where its file lies, always: what is frozen is moved out of its place. */
  readonly path: string;
  /** The block node that is written to now. */
  readonly node: string;
}

export interface FreezeOptions {
  /** Where what is frozen goes. */
  readonly folder: string;
  /** Makes the names of new nodes and files unique. */
  readonly generation: number;
  /** Whom QEMU runs as, where that is not we ourselves. */
  readonly user: { readonly uid: number; readonly gid: number } | null;
  /** Is told of the disks as they are from now on, once QEMU writes to the overlays. */
  readonly onSwitch: (disks: readonly LiveDisk[]) => void;
  readonly signal: AbortSignal;
}

/** New overlays, open in QEMU and not yet in use. */
export interface DiskFreeze extends AsyncDisposable {
  /** From now on QEMU writes to the overlays. The machine must stand still. */
  switchOver(): Promise<void>;
  /** Puts the files into their places; closing it does so as well. Returns what was frozen, by the names of the disks' files. */
  settle(): Promise<Readonly<Record<string, string>>>;
}

/**
 * Prepares to freeze what is on `disks`, so that it takes one command when the machine stands still.
 *
 * QEMU remembers its files by their names and may open them again. So no name of a file that it has open ever stands for another:
 * an overlay has a name of its own, and in the end that of the disk besides.
 */
export async function prepareFreeze(
  qmp: Qmp,
  disks: readonly LiveDisk[],
  { folder, generation, user, onSwitch, signal }: FreezeOptions,
): Promise<DiskFreeze> {
  await using stack = new AsyncDisposableStack();
  let switched = false;
  const next = disks.map(({ path, node }) => ({
    ...{ path, node },
    overlay: `${path}.${generation}`,
    base: join(folder, basename(path)),
    newNode: `${basename(path, '.qcow2')}-${generation}`,
  }));
  for (const { path, overlay, base, newNode } of next) {
    await createOverlay(overlay, { path: base, format: 'qcow2' }, await diskSize(path));
    if (user) await chown(overlay, user.uid, user.gid);
    stack.defer(async () => void (switched || (await rm(overlay, { force: true }))));
    await qmp.execute('blockdev-add', overlayNode(newNode, overlay), { signal });
    stack.defer(async () => {
      if (!switched) await qmp.execute('blockdev-del', { 'node-name': newNode }).catch(() => undefined);
    });
  }
  let settled: Promise<void> | undefined;
  const settle = async () => {
    if (switched) settled ??= putIntoPlace(next, generation);
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
      if (actions.length > 0) await qmp.execute('transaction', { actions }, { signal });
      switched = true;
      onSwitch(next.map(({ path, newNode }) => ({ path, node: newNode })));
    },
    settle,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

interface FrozenDisk {
  readonly path: string;
  readonly overlay: string;
  readonly base: string;
}

async function putIntoPlace(disks: readonly FrozenDisk[], generation: number): Promise<void> {
  for (const { path, overlay, base } of disks) {
    await link(path, base);
    await lendFile(base);
    await link(overlay, `${path}.new`);
    await rename(`${path}.new`, path);
    await rm(`${path}.${generation - 1}`, { force: true });
  }
}

/** As `blockNode` of the plan has it, but that QEMU is not to open what it will lie on. */
const overlayNode = (name: string, filename: string) => ({
  'node-name': name,
  driver: 'qcow2',
  'read-only': false,
  discard: 'unmap',
  backing: null,
  file: { driver: 'file', filename, 'read-only': false, discard: 'unmap' },
});
