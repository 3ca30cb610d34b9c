import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import { type FileHandle, open } from 'node:fs/promises';
import { metered, type OnProgress } from '../../../core/index.ts';
import { imageError } from './image-format.ts';

const READ_SIZE = 2 ** 20;

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

/** The bytes of an open file. */
export async function* readAll(file: FileHandle, signal: AbortSignal): AsyncIterable<Uint8Array> {
  for (let position = 0; ; ) {
    signal.throwIfAborted();
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(READ_SIZE), 0, READ_SIZE, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
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
  const chunks = metered(readAll(file, signal), { phase: 'hash', total, onProgress });
  for await (const chunk of chunks) hash.update(chunk);
  if ((await file.stat()).size !== total) throw imageError('it was changed while it was read', path);
  return hash.digest('hex');
}
