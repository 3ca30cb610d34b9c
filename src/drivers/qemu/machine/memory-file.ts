import { randomBytes } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/** Linux: a file in that folder without a name. */
const O_TMPFILE = process.platform === 'linux' ? 0o20_000_000 | constants.O_DIRECTORY : undefined;

/**
 * Makes the file that is to be a guest's RAM. It has no name: it lasts exactly as long as somebody has it open, so that nothing
 * can leak it. It is sparse and takes memory only as the guest touches it.
 */
export async function openMemoryFile(
  { folder, bytes }: { readonly folder: string; readonly bytes: number },
  owner: { readonly uid: number; readonly gid: number } | null,
): Promise<FileHandle> {
  await using stack = new AsyncDisposableStack();
  const file = stack.use(await openNameless(folder));
  await file.truncate(bytes);
  // QEMU opens it again through /proc/self/fd, as its own user.
  if (owner) await file.chown(owner.uid, owner.gid);
  stack.move();
  return file;
}

async function openNameless(folder: string): Promise<FileHandle> {
  if (O_TMPFILE !== undefined) {
    try {
      return await open(folder, constants.O_RDWR | O_TMPFILE, 0o600);
    } catch (error) {
      if (!CANNOT.includes(String((error as NodeJS.ErrnoException).code))) throw error; // SAFE: only looked at
    }
  }
  const path = join(folder, `jumplead-ram-${randomBytes(8).toString('hex')}`);
  const file = await open(path, 'wx+', 0o600);
  await unlink(path);
  return file;
}

/** What file systems say that have no files without names. */
const CANNOT = ['EOPNOTSUPP', 'ENOTSUP', 'EISDIR', 'EINVAL'];
