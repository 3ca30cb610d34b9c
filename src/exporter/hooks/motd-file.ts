import { constants } from 'node:fs';
import { open, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { openOwnedFolder, runtimeFolders } from '../../core/index.ts';

/** As much of a message as is taken. */
const LONGEST = 64 * 1_024;

/** An empty file, in a folder of its own, to which a hook may write a message. Closing removes it. */
export interface MotdFile extends AsyncDisposable {
  readonly path: string;
  /** What was written to it. */
  read(): Promise<string>;
}

export async function openMotdFile(): Promise<MotdFile> {
  await using stack = new AsyncDisposableStack();
  const folder = stack.use(await openOwnedFolder(await runtimeFolders()));
  const path = join(folder.path, 'motd');
  await writeFile(path, '', { mode: 0o600 });
  const held = stack.move();
  return { path, read: () => readMotd(path), [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** The hook may have put anything in the place of the file: what is no regular file any more says nothing. */
async function readMotd(path: string): Promise<string> {
  const { O_RDONLY, O_NOFOLLOW, O_NONBLOCK } = constants;
  const file = await open(path, O_RDONLY | O_NOFOLLOW | O_NONBLOCK).catch(() => undefined);
  if (!file) return '';
  try {
    if (!(await file.stat()).isFile()) return '';
    const { buffer, bytesRead } = await file.read(Buffer.alloc(LONGEST), 0, LONGEST, 0);
    return buffer.toString('utf8', 0, bytesRead).trim();
  } finally {
    await file.close();
  }
}
