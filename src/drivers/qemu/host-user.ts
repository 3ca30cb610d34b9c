import { readFile, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import type { AcceleratorName } from './architectures.ts';
import type { QemuConfig } from './config.ts';
import type { Firmware } from './firmware.ts';
import type { HostUser } from './host-facts.ts';

/** Whom QEMU runs as, and why. */
export interface ChosenUser {
  readonly user: HostUser | null;
  readonly reason: string;
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

/**
 * `nobody`, where we are root: a guest that breaks out of QEMU is then no more than that. Root after all where a file that
 * QEMU needs would be out of reach.
 */
export async function chooseUser(files: NeededFiles, uid = process.getuid?.()): Promise<ChosenUser> {
  if (uid !== 0) return { user: null, reason: 'as ourselves' };
  const nobody = await findNobody();
  if (!nobody) return { user: null, reason: 'as root: this host has no user nobody' };
  const groups = await groupsFor(files);
  const user = { ...nobody, groups };
  for (const [path, access] of Object.entries(files))
    if (!(await mayAccess(user, path, access)))
      return { user: null, reason: `as root: nobody may not ${access === 'x' ? 'enter' : 'open'} ${path}` };
  return { user, reason: 'as nobody' };
}

async function findNobody(): Promise<{ uid: number; gid: number } | undefined> {
  const passwd = await readFile('/etc/passwd', 'utf8').catch(() => '');
  const [, uid, gid] = /^nobody:[^:]*:(\d+):(\d+):/m.exec(passwd) ?? [];
  return uid === undefined ? undefined : { uid: Number(uid), gid: Number(gid) };
}

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
