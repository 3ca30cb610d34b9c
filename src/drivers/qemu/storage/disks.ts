import { open, rename, rm } from 'node:fs/promises';
import { dirname } from 'node:path';
import { z } from 'zod';
import { ConfigError, formatSize, requireSpace } from '../../../core/index.ts';
import type { ImageFormat } from './image-format.ts';
import { LONG, type QemuImgOptions, qemuImg } from './qemu-img.ts';

/** What an overlay lies on. It is never written to. */
export interface OverlayBase {
  readonly path: string;
  readonly format: ImageFormat;
}

/** Makes a qcow2 file that reads as `base` until it is written to; `size`, if given, makes the disk larger than that. */
export async function createOverlay(
  path: string,
  base: OverlayBase,
  size: number | null,
  signal: AbortSignal,
): Promise<void> {
  await create(path, ['-b', base.path, '-F', base.format], size, signal);
}

/** Makes an empty qcow2 disk. */
export async function createBlankDisk(path: string, size: number, signal: AbortSignal): Promise<void> {
  await create(path, [], size, signal);
}

/** Makes the qcow2 disk in `path` as large as `size`. @throws ConfigError when it is larger: what is at its end would be lost. */
export async function growDisk(path: string, size: number, signal: AbortSignal): Promise<void> {
  const now = await diskSize(path);
  if (size < now) {
    const message = `got ${formatSize(size)}; the disk has ${formatSize(now)} already and cannot shrink: flash it anew`;
    throw new ConfigError(`diskSize: ${message}`, { issues: [{ path: 'diskSize', message }] });
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
async function create(path: string, base: string[], size: number | null, signal: AbortSignal): Promise<void> {
  const temporary = `${path}.new`;
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(temporary, { force: true }));
  const sizes = size === null ? [] : [String(size)];
  await qemuImg(['create', '-q', '-f', 'qcow2', ...base, temporary, ...sizes], { signal });
  await rename(temporary, path);
}
