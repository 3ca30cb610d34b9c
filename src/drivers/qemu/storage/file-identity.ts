import type { BigIntStats } from 'node:fs';
import { type FileHandle, stat } from 'node:fs/promises';

/** A file that changed this recently might change again within the same tick of the clock; it is not remembered yet. */
const SETTLED_AFTER = 2_000n * 1_000_000n;

/** What tells one state of a file from every other: device, inode, size, and both times in nanoseconds. */
export async function fileIdentity(file: string | FileHandle): Promise<string> {
  return describe(
    typeof file === 'string' ? await stat(file, { bigint: true }) : await file.stat({ bigint: true }),
  );
}

/** Whether the file has been left alone for long enough that the same identity means the same bytes. */
export async function isSettled(file: FileHandle, now: () => number = Date.now): Promise<boolean> {
  const { ctimeNs } = await file.stat({ bigint: true });
  return BigInt(now()) * 1_000_000n - ctimeNs > SETTLED_AFTER;
}

function describe({ dev, ino, size, mtimeNs, ctimeNs }: BigIntStats): string {
  return [dev, ino, size, mtimeNs, ctimeNs].join('-');
}
