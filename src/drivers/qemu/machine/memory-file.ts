import { randomBytes } from 'node:crypto';
import { type FileHandle, open, unlink } from 'node:fs/promises';
import { join } from 'node:path';

/**
 * Makes the file that is to be a guest's RAM, and takes its name away at once: it lasts exactly as long as somebody has it
 * open, so that nothing can leak it. It is sparse and takes memory only as the guest touches it.
 */
export async function openMemoryFile(
  { folder, bytes }: { readonly folder: string; readonly bytes: number },
  owner: { readonly uid: number; readonly gid: number } | null,
): Promise<FileHandle> {
  const path = join(folder, `jumplead-ram-${randomBytes(8).toString('hex')}`);
  await using stack = new AsyncDisposableStack();
  const file = stack.use(await open(path, 'wx+', 0o600));
  await unlink(path);
  await file.truncate(bytes);
  // QEMU opens it again through /proc/self/fd, as its own user.
  if (owner) await file.chown(owner.uid, owner.gid);
  stack.move();
  return file;
}
