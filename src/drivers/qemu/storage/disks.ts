import { open, rename, rm, stat } from 'node:fs/promises';
import { dirname, resolve } from 'node:path';
import { z } from 'zod';
import { ConfigError, formatSize, mistake, requireSpace } from '../../../core/index.ts';
import type { ImageFormat } from './image-format.ts';
import { LONGEST_BACKING_PATH, type NewImage, newImage } from './new-image.ts';
import { LONG, type QemuImgOptions, qemuImg } from './qemu-img.ts';

const SECTOR = 512;

/** What an overlay lies on. It is never written to. */
export interface OverlayBase {
  readonly path: string;
  readonly format: ImageFormat;
}

/**
 * Makes a qcow2 file that reads as `base` until it is written to; `size`, if given, makes the disk larger than that. No process
 * is needed for it.
 */
export async function createOverlay(path: string, base: OverlayBase, size: number | null): Promise<void> {
  const backing = { path: resolve(base.path), format: base.format };
  if (Buffer.byteLength(backing.path) > LONGEST_BACKING_PATH) {
    const message = `${backing.path} is too long for a disk to lie over it; allowed: ${LONGEST_BACKING_PATH} bytes`;
    throw new ConfigError(message, { issues: [{ path: 'image', message }] });
  }
  await create(path, newImage(wholeSectors(size ?? (await sizeOf(backing))), backing));
}

/** Makes an empty qcow2 disk. */
export async function createBlankDisk(path: string, size: number): Promise<void> {
  await create(path, newImage(wholeSectors(size)));
}

/** Disks have whole sectors; what a file lacks of its last one reads as zeros. */
const wholeSectors = (size: number) => Math.ceil(size / SECTOR) * SECTOR;

const sizeOf = async ({ path, format }: OverlayBase) =>
  format === 'qcow2' ? await diskSize(path) : (await stat(path)).size;

/** Makes the qcow2 disk in `path` as large as `size`. @throws ConfigError when it is larger: what is at its end would be lost. */
export async function growDisk(path: string, size: number, signal: AbortSignal): Promise<void> {
  const now = await diskSize(path);
  if (size < now) {
    const message = `got ${formatSize(size)}; the disk has ${formatSize(now)} already and cannot shrink: flash it anew`;
    throw mistake('diskSize', message);
  }
  if (size > now) await qemuImg(['resize', '-q', '-f', 'qcow2', path, String(size)], { signal });
}

/**
 * Writes what the qcow2 disk `path` reads as now, with all that it lies on, into the new file `target`.
 *
 * QEMU has written the disk: one that its guest has got hold of may have named any file there as what it lies on.
 *
 * @param through What makes qemu-img run as the user as whom QEMU did, so that it can read no more than that.
 * @throws CapacityError when it would be more than there is room for: what is compressed may unpack to any size.
 */
export async function flattenDisk(
  path: string,
  target: string,
  format: ImageFormat,
  { signal, through }: Pick<QemuImgOptions, 'signal' | 'through'>,
): Promise<void> {
  const as = { signal, ...(through && { through }) };
  // As qcow2, because of raw files it would count the holes.
  const said = await qemuImg(['measure', '--output=json', '-f', 'qcow2', '-O', 'qcow2', path], as);
  await requireSpace(dirname(target), Measured.parse(JSON.parse(said)).required, 'the whole disk');
  await qemuImg(['convert', '-q', '-f', 'qcow2', '-O', format, path, target], { ...as, limits: LONG });
}

const Measured = z.object({ required: z.number() });

/** Bytes of the disk that a qcow2 file of ours makes: the size in its header. */
export async function diskSize(path: string): Promise<number> {
  await using file = await open(path);
  const { buffer } = await file.read(Buffer.alloc(32), 0, 32, 0);
  return Number(buffer.readBigUInt64BE(24));
}

/** Created beside its place and then renamed: a disk that is there is whole. */
async function create(path: string, { parts, length }: NewImage): Promise<void> {
  const temporary = `${path}.new`;
  try {
    await using file = await open(temporary, 'w', 0o600);
    await file.truncate(length);
    await Promise.all(parts.map(({ offset, bytes }) => file.write(bytes, 0, bytes.length, offset)));
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
