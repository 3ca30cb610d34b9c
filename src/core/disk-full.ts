import { statfs } from 'node:fs/promises';
import { CapacityError } from './errors.ts';
import { formatSize } from './units.ts';

/** Throws a CapacityError when `folder` has less than `needed` bytes free. */
export async function requireSpace(folder: string, needed: number, what: string): Promise<void> {
  const free = await freeSpace(folder);
  if (free < needed) throw noSpace(folder, needed, free, what);
}

/** The error for what turns out to need more than it may have. */
export async function outOfSpace(folder: string, needed: number, what: string): Promise<CapacityError> {
  return noSpace(folder, needed, await freeSpace(folder), what);
}

/** `error`, or the CapacityError that says the same in full where the disk was full. */
export async function explainDiskFull(
  error: unknown,
  folder: string,
  needed: number,
  what: string,
): Promise<unknown> {
  const full =
    error instanceof Error && 'code' in error && (error.code === 'ENOSPC' || error.code === 'EDQUOT');
  return full ? noSpace(folder, needed, await freeSpace(folder), what, error) : error;
}

/** What one image may take of `folder`: a sixteenth of what is free is left to others. */
export async function spareSpace(folder: string): Promise<number> {
  return (await freeSpace(folder)) * (15 / 16);
}

async function freeSpace(folder: string): Promise<number> {
  const { bavail, bsize } = await statfs(folder);
  return bavail * bsize;
}

function noSpace(folder: string, needed: number, free: number, what: string, cause?: unknown): CapacityError {
  const message = `no space left for ${what} in ${folder}: ${formatSize(needed)} needed, ${formatSize(free)} free`;
  return new CapacityError(message, { needed, free }, { cause });
}
