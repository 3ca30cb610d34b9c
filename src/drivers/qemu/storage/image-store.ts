import { createHash } from 'node:crypto';
import { constants } from 'node:fs';
import {
  copyFile,
  type FileHandle,
  mkdir,
  open,
  readdir,
  readFile,
  rename,
  stat,
  writeFile,
} from 'node:fs/promises';
import { join } from 'node:path';
import {
  type FolderKind,
  lendFile,
  makeLendingDir,
  metered,
  type OnProgress,
  openOwnedFolder,
  sweepFolders,
} from '../../../core/index.ts';
import { abortable } from './abortable.ts';
import { checkImageFile, readImageFile } from './check-image.ts';
import { decompressDetected, detectCompression, MAGIC_SIZE } from './decompress.ts';
import { explainDiskFull, requireSpace } from './disk-full.ts';
import { fileIdentity, isSettled } from './file-identity.ts';
import { type ImageFacts, imageError } from './image-format.ts';
import { SparseWriter } from './sparse-file.ts';

/** An image in the store. Its file is never written to. */
export interface StoredImage extends ImageFacts {
  readonly path: string;
  /** Of the bytes in the file, that is after decompression. */
  readonly sha256: string;
  readonly size: number;
}

/** Bytes that are to become an image. */
export interface IncomingImage {
  /** What it is called in errors. */
  readonly name: string;
  readonly phase: 'copy' | 'download' | 'upload';
  readonly total: number | null;
  /** What it takes on the disk at least, where that is known. */
  readonly space?: number | undefined;
  readonly chunks: AsyncIterable<Uint8Array>;
}

export interface AddOptions {
  readonly signal: AbortSignal;
  readonly onProgress?: OnProgress | undefined;
}

const READ_SIZE = 2 ** 20;

/** The folders of a store with what is not whole yet. */
export const incomingFolders = (store: string): FolderKind => ({
  parent: join(store, 'incoming'),
  prefix: '',
});

/**
 * Images by the SHA-256 of their content, shared by all machines of a user.
 *
 * - `content/<sha256>` is an image after decompression, complete and checked;
 * - `sent/<sha256>.<size>` says which content came of such a file, compressed or not;
 * - `files/<device, inode, size, times>` says the same of a file of this host in this state, so that it need not be read.
 *
 * Every file appears whole, by renaming; any number of processes may use the store at once. What is not whole yet lies in a
 * folder in `incoming` that belongs to whoever writes it. Nobody else can look into the store; QEMU, where it runs as another
 * user because we are root, finds the content whose digest it is told.
 */
export class ImageStore {
  readonly #folder: string;

  private constructor(folder: string) {
    this.#folder = folder;
  }

  /** Opens the store in `folder`, which is made if it is not there. */
  static async open(folder: string): Promise<ImageStore> {
    await makeLendingDir(folder);
    await makeLendingDir(join(folder, 'content'));
    for (const part of ['sent', 'files', 'incoming'])
      await mkdir(join(folder, part), { recursive: true, mode: 0o700 });
    await sweepFolders(incomingFolders(folder));
    return new ImageStore(folder);
  }

  /** The image that came of bytes with this SHA-256, if there was one. */
  async find(sent: string): Promise<StoredImage | undefined> {
    const names = await readdir(join(this.#folder, 'sent'));
    const name = names.find((entry) => entry.startsWith(`${sent}.`));
    return name ? await this.#lookUp('sent', name) : undefined;
  }

  /**
   * Adds a file of this host. A known file that has not changed since is not read; known bytes are not copied.
   *
   * @throws ImageError when it is no image, damaged, incomplete or refused; CapacityError when the disk is full.
   */
  async addFile(path: string, options: AddOptions): Promise<StoredImage> {
    await using file = await openRegular(path);
    const identity = await fileIdentity(file);
    const unchanged = await this.#lookUp('files', identity);
    if (unchanged) {
      const { size } = await file.stat();
      options.onProgress?.({ phase: 'known', bytes: size, total: size, rate: 0 });
      return unchanged;
    }
    const image = (await this.#findContent(file, path, options)) ?? (await this.#copy(file, path, options));
    if ((await fileIdentity(file)) !== identity) throw imageError('it was changed while it was read', path);
    if (await isSettled(file)) await this.#remember('files', identity, image.sha256);
    return image;
  }

  /** Adds what a stream brings. @throws as `addFile`; whatever the stream throws. */
  async addStream(incoming: IncomingImage, options: AddOptions): Promise<StoredImage> {
    const { name, phase, total, space = total ?? 0 } = incoming;
    const { signal, onProgress = () => undefined } = options;
    await requireSpace(this.#folder, space, name);
    const sent = createHash('sha256');
    let sentSize = 0;
    const observed = async function* (): AsyncIterable<Uint8Array> {
      const received = metered(incoming.chunks, { phase, total, onProgress });
      for await (const chunk of abortable(received, signal)) {
        sent.update(chunk);
        sentSize += chunk.length;
        yield chunk;
      }
    };
    const image = await this.#store(name, options, async (file) => {
      const content = createHash('sha256');
      const writer = new SparseWriter(file);
      for await (const chunk of decompressDetected(observed(), name)) {
        content.update(chunk);
        await writer.write(chunk).catch(async (error) => {
          throw await explainDiskFull(error, this.#folder, writer.length + chunk.length, name);
        });
      }
      await writer.finish();
      return content.digest('hex');
    });
    await this.#remember('sent', `${sent.digest('hex')}.${sentSize}`, image.sha256);
    return image;
  }

  /** The image with these bytes, if a file of this size is known at all: else they need not be hashed. */
  async #findContent(file: FileHandle, path: string, options: AddOptions): Promise<StoredImage | undefined> {
    const { size } = await file.stat();
    const sizes = await readdir(join(this.#folder, 'sent'));
    if (!sizes.some((entry) => entry.endsWith(`.${size}`))) return undefined;
    return await this.#lookUp('sent', `${await hashFile(file, path, 'hash', options)}.${size}`);
  }

  async #copy(file: FileHandle, path: string, options: AddOptions): Promise<StoredImage> {
    const shared = await this.#reflink(file, path, options);
    if (shared) return shared;
    const { size, blocks } = await file.stat();
    const chunks = readAll(file, options.signal);
    return await this.addStream(
      { name: path, phase: 'copy', total: size, space: Math.min(size, blocks * 512), chunks },
      options,
    );
  }

  /** Where the file system can share blocks between files, an image is copied without copying. */
  async #reflink(file: FileHandle, path: string, options: AddOptions): Promise<StoredImage | undefined> {
    const { buffer } = await file.read(Buffer.alloc(MAGIC_SIZE), 0, MAGIC_SIZE, 0);
    if (detectCompression(buffer)) return undefined;
    await using scratch = await openOwnedFolder(incomingFolders(this.#folder));
    const temporary = join(scratch.path, 'image');
    try {
      await copyFile(path, temporary, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    } catch {
      return undefined;
    }
    // What is hashed is our own file: the user's may change at any time.
    await using copy = await open(temporary, 'r+');
    const { size } = await copy.stat();
    const sha256 = await hashFile(copy, path, 'hash', options);
    await copy.sync();
    const image = await this.#admit(temporary, sha256, path, options);
    await this.#remember('sent', `${sha256}.${size}`, sha256);
    return image;
  }

  async #store(
    name: string,
    options: AddOptions,
    fill: (file: FileHandle) => Promise<string>,
  ): Promise<StoredImage> {
    await using scratch = await openOwnedFolder(incomingFolders(this.#folder));
    const temporary = join(scratch.path, 'image');
    const sha256 = await this.#fill(temporary, fill);
    return await this.#admit(temporary, sha256, name, options);
  }

  async #fill(path: string, fill: (file: FileHandle) => Promise<string>): Promise<string> {
    await using file = await open(path, 'wx', 0o600);
    return await fill(file);
  }

  /** Takes a complete file into the store, if it is an image and not there already. */
  async #admit(temporary: string, sha256: string, name: string, options: AddOptions): Promise<StoredImage> {
    const known = await this.#image(sha256);
    if (known) return known;
    const facts = await checkImageFile(temporary, name, options.signal);
    const path = this.#content(sha256);
    await lendFile(temporary);
    await rename(temporary, path);
    await syncFolder(join(this.#folder, 'content'));
    return { ...facts, path, sha256, size: (await stat(path)).size };
  }

  async #image(sha256: string): Promise<StoredImage | undefined> {
    const path = this.#content(sha256);
    const stats = await stat(path).catch(() => undefined);
    if (!stats) return undefined;
    return { ...(await readImageFile(path, path)), path, sha256, size: stats.size };
  }

  async #lookUp(index: 'sent' | 'files', name: string): Promise<StoredImage | undefined> {
    const sha256 = await readFile(join(this.#folder, index, name), 'utf8').catch(() => undefined);
    return sha256 === undefined ? undefined : await this.#image(sha256);
  }

  async #remember(index: 'sent' | 'files', name: string, sha256: string): Promise<void> {
    await using scratch = await openOwnedFolder(incomingFolders(this.#folder));
    const temporary = join(scratch.path, name);
    await writeFile(temporary, sha256, { mode: 0o600 });
    await rename(temporary, join(this.#folder, index, name));
  }

  #content(sha256: string): string {
    return join(this.#folder, 'content', sha256);
  }
}

async function openRegular(path: string): Promise<FileHandle> {
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

async function* readAll(file: FileHandle, signal: AbortSignal): AsyncIterable<Uint8Array> {
  for (let position = 0; ; ) {
    signal.throwIfAborted();
    const { buffer, bytesRead } = await file.read(Buffer.allocUnsafe(READ_SIZE), 0, READ_SIZE, position);
    if (bytesRead === 0) return;
    position += bytesRead;
    yield buffer.subarray(0, bytesRead);
  }
}

async function hashFile(file: FileHandle, path: string, phase: string, options: AddOptions): Promise<string> {
  const { signal, onProgress = () => undefined } = options;
  const { size: total } = await file.stat();
  const hash = createHash('sha256');
  for await (const chunk of metered(readAll(file, signal), { phase, total, onProgress })) hash.update(chunk);
  if ((await file.stat()).size !== total) throw imageError('it was changed while it was read', path);
  return hash.digest('hex');
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path);
  await folder.sync();
}
