import { randomInt } from 'node:crypto';
import { readdir, readFile, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { BORROWERS } from '../../core/index.ts';
import type { AcceleratorName } from './architectures.ts';
import type { QemuConfig } from './config.ts';
import type { Firmware } from './firmware.ts';
import type { HostUser } from './host-facts.ts';

/** Whom QEMU runs as, and why. */
export interface ChosenUser {
  readonly user: HostUser | null;
  readonly reason: string;
}

export interface ChooseUserOptions {
  /** Who we are. */
  readonly uid?: number | undefined;
  /** The program that starts others as somebody else, if there is one. */
  readonly setpriv: string | null;
  /** Numbers that other machines have. */
  readonly taken?: readonly number[] | undefined;
  readonly proc?: string;
}

/** What QEMU must get at by name: a file to read (`r`) or to write (`rw`), a folder to enter (`x`). */
export type NeededFiles = Readonly<Record<string, 'r' | 'rw' | 'x'>>;

/** The files that QEMU opens by name. The root disk is not among them: its image is in the store. */
export function neededFiles(
  config: QemuConfig,
  firmware: Firmware,
  accelerator: AcceleratorName,
): NeededFiles {
  const { cdrom, kernel, initrd, partitions, disks } = config;
  const { root: _, ...flash } = partitions;
  const uefi = firmware.kind === 'uefi' ? [firmware.code.path, firmware.vars.path] : [];
  const read = [cdrom, kernel, initrd, ...Object.values(flash), ...uefi].filter((path) => path !== undefined);
  return Object.fromEntries([
    ...read.map((path) => [path, 'r']),
    ...disks.map(({ path, readonly }) => [path, readonly ? 'r' : 'rw']),
    ...(accelerator === 'kvm' ? [['/dev/kvm', 'rw']] : []),
  ]);
}

/** Numbers of users and groups that systemd's list leaves free; the last is the borrowers'. */
const SPARE = { first: 60_706, last: BORROWERS - 1 } as const;

/**
 * A user without an account that nobody else is, where we are root: a guest that breaks out of QEMU is then no more than that,
 * and not even another machine's QEMU. Root after all where a file that QEMU needs would be out of reach: the reason says which.
 */
export async function chooseUser(
  files: NeededFiles,
  { uid = process.getuid?.(), setpriv, taken = [], proc = '/proc' }: ChooseUserOptions,
): Promise<ChosenUser> {
  if (uid !== 0) return { user: null, reason: 'as ourselves' };
  const asRoot = (why: string): ChosenUser => ({ user: null, reason: `as root: ${why}` });
  if (setpriv === null)
    return asRoot('there is no setpriv (package util-linux) to start it as somebody else');
  const own = await findSpareUser(taken, proc);
  if (own === undefined) return asRoot('this host has no number to spare for a user of its own');
  const user = { uid: own, gid: own, groups: [BORROWERS, ...(await groupsFor(files))] };
  for (const [path, access] of Object.entries(files))
    if (!(await mayAccess(user, path, access)))
      return asRoot(`another user may not ${access === 'x' ? 'enter' : 'open'} ${path}`);
  return { user, reason: `as a user of its own (${own})` };
}

/** A number that neither an account, nor a process, nor one of `taken` has, and that exists in our user namespace. */
async function findSpareUser(taken: readonly number[], proc: string): Promise<number | undefined> {
  const maps = await Promise.all(['uid_map', 'gid_map'].map((name) => read(join(proc, 'self', name))));
  if (!maps.every(coversSpare)) return undefined;
  const accounts = (await Promise.all(['/etc/passwd', '/etc/group'].map(read)))
    .join('\n')
    .matchAll(/:(\d+)(?=:)/g);
  const pids = (await readdir(proc)).filter((name) => /^\d+$/.test(name));
  const running = pids.map((pid) =>
    stat(join(proc, pid)).then(
      ({ uid }) => uid,
      () => 0,
    ),
  );
  const used = new Set([
    ...taken,
    ...Array.from(accounts, ([, id]) => Number(id)),
    ...(await Promise.all(running)),
  ]);
  const { first, last } = SPARE;
  const all = Array.from({ length: last - first + 1 }, (_, index) => first + index).filter(
    (id) => !used.has(id),
  );
  return all[randomInt(Math.max(1, all.length))];
}

/** Whether a user namespace has the spare numbers: each line is where a range begins inside, outside, and its length. */
function coversSpare(map: string): boolean {
  const ranges = map.split('\n').map((line) => line.trim().split(/\s+/).map(Number));
  return ranges.some(([inside = 0, , length = 0]) => inside <= SPARE.first && BORROWERS < inside + length);
}

const read = (path: string) => readFile(path, 'utf8').catch(() => '');

/** The group of KVM's device, which is how people get at it. */
async function groupsFor(files: NeededFiles): Promise<number[]> {
  if (!('/dev/kvm' in files)) return [];
  const { gid } = await stat('/dev/kvm');
  return gid === 0 ? [] : [gid];
}

const BITS = { r: 0o4, rw: 0o6, x: 0o1 } as const;

async function mayAccess(user: HostUser, path: string, access: keyof typeof BITS): Promise<boolean> {
  const { uid, gid, mode } = await stat(path);
  const group = gid === user.gid || user.groups.includes(gid);
  const granted = mode >> (uid === user.uid ? 6 : group ? 3 : 0);
  if ((granted & BITS[access]) !== BITS[access]) return false;
  return dirname(path) === path || mayAccess(user, dirname(path), 'x');
}
