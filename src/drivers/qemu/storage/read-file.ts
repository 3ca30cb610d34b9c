import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { metered, type OnProgress, scanFile } from '../../../core/index.ts';
import { imageError } from './image-format.ts';

/** Opens a file of the user's. @throws ImageError when it is no file, or cannot be read. */
export async function openRegular(path: string): Promise<FileHandle> {
  await using stack = new AsyncDisposableStack();
  try {
    const file = stack.use(await open(path, constants.O_RDONLY | constants.O_NONBLOCK));
    if (!(await file.stat()).isFile()) throw new Error('it is not a file');
    stack.move();
    return file;
  } catch (cause) {
    throw imageError((cause as Error).message, path, cause); // SAFE: the file system throws errors
  }
}

/** The SHA-256 of an open file. @throws ImageError when it changes meanwhile. */
export async function hashFile(
  file: FileHandle,
  path: string,
  { signal, onProgress = () => undefined }: { signal: AbortSignal; onProgress?: OnProgress | undefined },
): Promise<string> {
  const { size: total } = await file.stat();
  const hash = createHash('sha256');
  const chunks = metered(scanFile(file, signal), { phase: 'hash', total, onProgress });
  for await (const chunk of chunks) hash.update(chunk);
  if ((await file.stat()).size !== total) throw imageError('it was changed while it was read', path);
  return hash.digest('hex');
}
