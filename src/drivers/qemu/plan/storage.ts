import { join } from 'node:path';
import { formatSize, parseSize } from '../../../core/index.ts';
import { configMistake } from '../config-mistake.ts';
import { blockNode, device, pciDevice, SLOTS } from './options.ts';
import type { Circumstances, Piece, PlannedFile } from './types.ts';

/** The root disk: an overlay on what was flashed, or an empty one; none where there is neither image nor size. */
export function rootDisk(about: Circumstances): Piece {
  const path = join(about.files.runDir, 'root.qcow2');
  const file = rootFile(about, path);
  if (!file) return { args: [] };
  const node = blockNode('root', { path, format: 'qcow2', readonly: false });
  // A kernel that is started directly takes boot index 0.
  const disk = pciDevice('root', 'virtio-blk-pci', SLOTS.root, { drive: 'root', bootindex: 1 });
  return { args: [...node, ...disk], files: [file] };
}

function rootFile(
  { config: { diskSize }, files: { root } }: Circumstances,
  path: string,
): PlannedFile | undefined {
  const wanted = diskSize === undefined ? null : parseSize(diskSize);
  if (!root) return wanted === null ? undefined : { kind: 'blank', path, node: 'root', size: wanted };
  if (wanted !== null && wanted < root.size)
    throw configMistake(
      'diskSize',
      diskSize,
      `the image is larger; allowed: ${formatSize(root.size)} or more`,
    );
  return {
    kind: 'overlay',
    path,
    node: 'root',
    backing: root.path,
    backingFormat: root.format,
    size: wanted,
  };
}

/** The seed of cloud-init. A plain ISO: QEMU's own FAT emulation would keep the machine from being saved. */
export function seedDisk({ config, files }: Circumstances): Piece {
  if (config.cloudInit === false) return { args: [] };
  const path = join(files.runDir, 'seed.iso');
  const node = blockNode('seed', { path, format: 'raw', readonly: true });
  return {
    args: [...node, ...pciDevice('seed', 'virtio-blk-pci', SLOTS.seed, { drive: 'seed' })],
    files: [{ kind: 'seed', path }],
  };
}

/** The CD drive: SCSI, which every architecture's firmware and installers know. */
export function cdrom({ config: { cdrom: path } }: Circumstances): Piece {
  if (path === undefined) return { args: [] };
  return {
    args: [
      ...blockNode('cdrom', { path, format: 'raw', readonly: true }),
      ...pciDevice('scsi', 'virtio-scsi-pci', SLOTS.scsi),
      ...device('scsi-cd', { id: 'cdrom', bus: 'scsi.0', drive: 'cdrom', bootindex: 2 }),
    ],
  };
}

/** Further disks, in their order. */
export function extraDisks({ config: { disks } }: Circumstances): Piece {
  const args = disks.flatMap((disk, index) => [
    ...blockNode(`disk${index}`, disk),
    ...pciDevice(`disk${index}`, 'virtio-blk-pci', SLOTS.disks + index, { drive: `disk${index}` }),
  ]);
  return { args };
}
