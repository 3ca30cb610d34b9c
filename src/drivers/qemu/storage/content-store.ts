import { createHash, type Hash } from 'node:crypto';
import { constants } from 'node:fs';
import { copyFile, type FileHandle, open, readdir, rename, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import {
  explainDiskFull,
  lendFile,
  makeLendingDir,
  openOwnedFolder,
  outOfSpace,
  requireSpace,
  spareSpace,
} from '../../../core/index.ts';
import { checkImageFile, readImageFile } from './check-image.ts';
import { decompressDetected } from './decompress.ts';
import { type ImageFacts, requireReasonable } from './image-format.ts';
import { incomingFolders } from './image-index.ts';
import { SparseWriter } from './sparse-file.ts';

/** Where images lie that were flashed. */
export const flashedDir = (cache: string): string => join(cache, 'images', 'flashed');

/** Where a store has images that were found damaged, out of everybody's way. */
export const damagedDir = (store: string): string => join(store, 'damaged');

/** The SHA-256 of everything that a store has. */
export const contentOf = async (store: string): Promise<string[]> =>
  (await readdir(join(store, 'content')).catch(() => [])).filter((name) => /^[0-9a-f]{64}$/.test(name));

/** Is told of each image by its path before that is looked for: from then on nobody may clear it away. */
export type Claim = (path: string) => Promise<void>;

/** An image in the store. Its file is never written to. */
export interface StoredImage extends ImageFacts {
  readonly path: string;
  /** Of the bytes in the file, that is after decompression. */
  readonly sha256: string;
  readonly size: number;
}

/** What is to become an image, and what it is called in errors. */
export interface NewContent {
  readonly name: string;
  readonly signal: AbortSignal;
}

/**
 * The images of a store by the SHA-256 of their content, as they are after decompression: complete, checked, never changed. The
 * time of a file's last change is that of its last use.
 */
export class ContentStore {
  readonly #store: string;
  readonly #largest: number;
  readonly #claim: Claim;

  private constructor(store: string, largest: number, claim: Claim) {
    this.#store = store;
    this.#largest = largest;
    this.#claim = claim;
  }

  /**
   * Opens the contents of the store in that folder, which is made if it is not there.
   *
   * @param largest The most that an image may unpack to, in bytes, holes included.
   */
  static async open(
    store: string,
    largest: number,
    claim: Claim = async () => undefined,
  ): Promise<ContentStore> {
    await makeLendingDir(store);
    await makeLendingDir(join(store, 'content'));
    return new ContentStore(store, largest, claim);
  }

  async find(sha256: string): Promise<StoredImage | undefined> {
    const path = this.#path(sha256);
    await this.#claim(path);
    const now = new Date();
    const stats = await utimes(path, now, now)
      .then(() => stat(path))
      .catch(() => undefined);
    if (!stats) return undefined;
    return { ...(await readImageFile(path, path)), path, sha256, size: stats.size };
  }

  /**
   * Takes in what `chunks` unpack to.
   *
   * @param finish Called when all has come: tells the SHA-256 of it. What it throws keeps the image out.
   * @throws ImageError when it is no image, damaged, incomplete or refused; CapacityError when the disk is full.
   */
  async add(
    chunks: AsyncIterable<Uint8Array>,
    about: NewContent,
    finish: () => string,
  ): Promise<StoredImage> {
    await using scratch = await openOwnedFolder(incomingFolders(this.#store));
    const path = join(scratch.path, 'image');
    const unpacked = await this.#unpack(chunks, path, about.name);
    const sent = finish();
    const sha256 = unpacked ?? sent;
    return await this.#admit(path, sha256, about);
  }

  /**
   * Takes in a file without copying its bytes, where the file system can share them; `undefined` where it cannot.
   *
   * @param hash Tells the SHA-256 of our copy: the user's file may change at any time. What it throws keeps the image out.
   */
  async addShared(
    file: string,
    about: NewContent,
    hash: (copy: FileHandle) => Promise<string>,
  ): Promise<StoredImage | undefined> {
    await using scratch = await openOwnedFolder(incomingFolders(this.#store));
    const path = join(scratch.path, 'image');
    try {
      await copyFile(file, path, constants.COPYFILE_EXCL | constants.COPYFILE_FICLONE_FORCE);
    } catch {
      return undefined;
    }
    await using copy = await open(path, 'r+');
    const sha256 = await hash(copy);
    await copy.sync();
    return await this.#admit(path, sha256, about);
  }

  /** Throws a CapacityError when there is not that much room. */
  async requireSpace(needed: number, what: string): Promise<void> {
    await requireSpace(this.#store, needed, what);
  }

  /** Writes what `chunks` unpack to into a new file. Returns its SHA-256, unless it is what came, as it came. */
  async #unpack(chunks: AsyncIterable<Uint8Array>, path: string, name: string): Promise<string | undefined> {
    await using stack = new AsyncDisposableStack();
    const file = stack.use(await open(path, 'wx', 0o600));
    const writer = new SparseWriter(file);
    stack.defer(() => writer.abandon());
    let hash: Hash | undefined;
    const onDetected = (encoding: unknown) => {
      if (encoding !== undefined) hash = createHash('sha256');
    };
    const room = await spareSpace(this.#store);
    const explain = async (error: unknown): Promise<never> => {
      throw await explainDiskFull(error, this.#store, writer.length, name);
    };
    for await (const chunk of decompressDetected(chunks, name, onDetected)) {
      await writer.write(chunk).catch(explain);
      hash?.update(chunk);
      requireReasonable(writer.length, name, this.#largest);
      if (writer.written > room) throw await outOfSpace(this.#store, writer.written, name);
    }
    await writer.finish().catch(explain);
    return hash?.digest('hex');
  }

  /** Takes a complete file over, if it is an image and not there already. */
  async #admit(file: string, sha256: string, { name, signal }: NewContent): Promise<StoredImage> {
    const known = await this.find(sha256);
    if (known) return known;
    const facts = await checkImageFile(file, name, signal);
    const path = this.#path(sha256);
    await lendFile(file);
    await rename(file, path);
    await syncFolder(join(this.#store, 'content'));
    return { ...facts, path, sha256, size: (await stat(path)).size };
  }

  #path(sha256: string): string {
    return join(this.#store, 'content', sha256);
  }
}

async function syncFolder(path: string): Promise<void> {
  await using folder = await open(path);
  await folder.sync();
}
