import { createHash } from 'node:crypto';
import type { FileHandle } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { acquireLock, metered, type OnProgress, scanFile } from '../../../core/index.ts';
import {
  type Digests,
  type HttpHeaders,
  openDownload,
  redactUrl,
  verified,
  wrongDigest,
} from '../../../download/index.ts';
import { abortable } from './abortable.ts';
import { inBlocks } from './blocks.ts';
import { type Claim, ContentStore, type StoredImage } from './content-store.ts';
import { detectCompression, MAGIC_SIZE } from './decompress.ts';
import { fileIdentity, isSettled } from './file-identity.ts';
import { imageError, LARGEST_IMAGE } from './image-format.ts';
import { ImageIndex } from './image-index.ts';
import { hashFile, openRegular } from './read-file.ts';

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
  /** What the bytes must be, as they come. */
  readonly expected?: Digests | undefined;
}

export interface AddUrlOptions extends AddOptions {
  readonly headers?: HttpHeaders | undefined;
}

export interface StoreOptions {
  /** The most that an image may unpack to, holes included; 1 TiB. */
  readonly largest?: number;
  /** Is told of each image before it is looked for. */
  readonly claim?: Claim;
}

/** An image, and the bytes that it came of: `<sha256>.<size>`, their name in `sent`. */
export interface Added {
  readonly image: StoredImage;
  readonly sent: string;
}

/**
 * Images by the SHA-256 of their content, shared by all machines of a user.
 *
 * - `content/<sha256>` is an image after decompression, complete and checked;
 * - `sent/<sha256>.<size>` says which content came of such a file, compressed or not;
 * - `files/<device, inode, size, times>` says which of these a file of this host is in this state: it need not be read;
 * - `urls/<SHA-256 of a URL>` says which of these was there, and by what it is recognized.
 *
 * Every file appears whole, by renaming; any number of processes may use the store at once, and who adds the same at the same
 * time waits for the first. What is not whole yet lies in a folder in `incoming` that belongs to whoever writes it. Nobody else
 * can look into the store; QEMU, where it runs as another user because we are root, finds the content whose digest it is told.
 */
export class ImageStore {
  readonly #folder: string;
  readonly #contents: ContentStore;
  readonly #index: ImageIndex;

  private constructor(folder: string, contents: ContentStore, index: ImageIndex) {
    this.#folder = folder;
    this.#contents = contents;
    this.#index = index;
  }

  /** Opens the store in `folder`, which is made if it is not there. */
  static async open(
    folder: string,
    { largest = LARGEST_IMAGE, claim }: StoreOptions = {},
  ): Promise<ImageStore> {
    const contents = await ContentStore.open(folder, largest, claim);
    const index = await ImageIndex.open(folder);
    return new ImageStore(folder, contents, index);
  }

  /** The image that came of bytes with this SHA-256, if there was one. */
  async find(sent: string): Promise<StoredImage | undefined> {
    return (await this.#findSent(sent.toLowerCase()))?.image;
  }

  /**
   * Adds a file of this host. A known file that has not changed since is not read; known bytes are not copied.
   *
   * @throws ImageError when it is no image, damaged, incomplete, refused, or not what is expected; CapacityError when the disk
   * is full.
   */
  async addFile(path: string, options: AddOptions): Promise<StoredImage> {
    const { signal, expected = {} } = options;
    await using file = await openRegular(path);
    const identity = await fileIdentity(file);
    // Of a known file this digest is not known.
    const { sha512 } = expected;
    if (sha512 !== undefined) await drain(verified(scanFile(file, signal), { sha512 }, path));
    const unchanged = async () => {
      if ((await fileIdentity(file)) !== identity) throw imageError('it was changed while it was read', path);
    };
    const { image } = await this.#once(
      `file ${identity}`,
      signal,
      async () => {
        const known = await this.#lookUp(await this.#index.read('files', identity));
        if (known) isKnown(known, path, options);
        await unchanged();
        return known;
      },
      async () => {
        const added =
          (await this.#findContent(file, path, options)) ?? (await this.#copy(file, path, options));
        await unchanged();
        if (await isSettled(file)) await this.#index.write('files', identity, added.sent);
        return added;
      },
    );
    return image;
  }

  /**
   * Adds what a stream brings. One whose SHA-256 is expected and known is not read.
   *
   * @throws as `addFile`; whatever the stream throws.
   */
  async addStream(incoming: IncomingImage, options: AddOptions): Promise<StoredImage> {
    const { sha256, sha512 } = options.expected ?? {};
    const receive = () => this.#receive(incoming, options);
    if (sha256 === undefined || sha512 !== undefined) return (await receive()).image;
    const find = () => this.#findExpected(sha256, incoming.name, options);
    return (await this.#once(`sent ${sha256.toLowerCase()}`, options.signal, find, receive)).image;
  }

  /**
   * Adds what is at a URL. One whose SHA-256 is expected and known is not asked for; one that has not changed since is not sent
   * again, if the server can tell.
   *
   * @throws as `addFile`, and as `openDownload`.
   */
  async addUrl(url: string, options: AddUrlOptions): Promise<StoredImage> {
    const { sha256, sha512 } = options.expected ?? {};
    const download = () => this.#download(url, options);
    if (sha256 === undefined || sha512 !== undefined) {
      await using _turn = await this.#turn(`url ${url}`, options.signal);
      return (await download()).image;
    }
    const find = () => this.#findExpected(sha256, redactUrl(url), options);
    return (await this.#once(`url ${url}`, options.signal, find, download)).image;
  }

  /**
   * Runs `add` unless `find` finds what it would add. Who wants the same at the same time, here or in another process, waits for
   * the first and then finds it.
   */
  async #once(
    what: string,
    signal: AbortSignal,
    find: () => Promise<Added | undefined>,
    add: () => Promise<Added>,
  ): Promise<Added> {
    const known = await find();
    if (known) return known;
    await using _turn = await this.#turn(what, signal);
    return (await find()) ?? (await add());
  }

  async #turn(what: string, signal: AbortSignal): Promise<AsyncDisposable> {
    // Named as the lock of a folder is, so that it is swept away as these are.
    const name = hashOf(what).slice(0, 12);
    return await acquireLock(join(this.#folder, 'incoming', `${name}.lock`), { signal });
  }

  async #download(url: string, options: AddUrlOptions): Promise<Added> {
    const { signal, headers, expected } = options;
    const note = parseNote(await this.#index.read('urls', hashOf(url)));
    const before = await this.#lookUp(note?.sent);
    // Of a known image this digest is not known.
    const unless = before && expected?.sha512 === undefined ? note?.validator : undefined;
    await using download = await openDownload(url, { headers, signal, unless });
    const { source: name, size: total, chunks, validator } = download;
    if (before && download.isUnchanged) {
      isKnown(before, name, options);
      return before;
    }
    const added = await this.#receive({ name, phase: 'download', total, chunks }, options);
    if (validator)
      await this.#index.write('urls', hashOf(url), JSON.stringify({ validator, sent: added.sent }));
    return added;
  }

  async #receive(incoming: IncomingImage, options: AddOptions): Promise<Added> {
    const { name, phase, total, space = total ?? 0 } = incoming;
    const { signal, onProgress = () => undefined, expected = {} } = options;
    await this.#contents.requireSpace(space, name);
    const hash = createHash('sha256');
    let size = 0;
    const observed = async function* (): AsyncIterable<Uint8Array> {
      const blocks = abortable(inBlocks(incoming.chunks), signal);
      const received = metered(blocks, { phase, total, onProgress });
      for await (const chunk of verified(received, { sha512: expected.sha512 }, name)) {
        hash.update(chunk);
        size += chunk.length;
        yield chunk;
      }
    };
    let sent = '';
    const image = await this.#contents.add(observed(), { name, signal }, () => {
      const sha256 = hash.digest('hex');
      sent = `${sha256}.${size}`;
      requireDigest(sent, expected, name);
      return sha256;
    });
    await this.#index.write('sent', sent, image.sha256);
    return { image, sent };
  }

  /** The image with these bytes, if a file of this size is known at all: else they need not be hashed. */
  async #findContent(file: FileHandle, path: string, options: AddOptions): Promise<Added | undefined> {
    const { size } = await file.stat();
    const names = await this.#index.names('sent');
    if (!names.some((name) => name.endsWith(`.${size}`))) return undefined;
    const sent = `${await hashFile(file, path, options)}.${size}`;
    requireDigest(sent, options.expected, path);
    return await this.#lookUp(sent);
  }

  async #copy(file: FileHandle, path: string, options: AddOptions): Promise<Added> {
    const shared = await this.#share(file, path, options);
    if (shared) return shared;
    const { size, blocks } = await file.stat();
    const chunks = scanFile(file, options.signal);
    const space = Math.min(size, blocks * 512);
    return await this.#receive({ name: path, phase: 'copy', total: size, space, chunks }, options);
  }

  /** An image that is not compressed is copied without copying, where the file system can do so. */
  async #share(file: FileHandle, path: string, options: AddOptions): Promise<Added | undefined> {
    const { buffer } = await file.read(Buffer.alloc(MAGIC_SIZE), 0, MAGIC_SIZE, 0);
    if (detectCompression(buffer)) return undefined;
    let sent = '';
    const image = await this.#contents.addShared(
      path,
      { name: path, signal: options.signal },
      async (copy) => {
        const sha256 = await hashFile(copy, path, options);
        sent = `${sha256}.${(await copy.stat()).size}`;
        requireDigest(sent, options.expected, path);
        return sha256;
      },
    );
    if (!image) return undefined;
    await this.#index.write('sent', sent, image.sha256);
    return { image, sent };
  }

  async #findExpected(sha256: string, name: string, options: AddOptions): Promise<Added | undefined> {
    const known = await this.#findSent(sha256.toLowerCase());
    if (known) isKnown(known, name, options);
    return known;
  }

  async #findSent(sha256: string): Promise<Added | undefined> {
    const names = await this.#index.names('sent');
    return await this.#lookUp(names.find((name) => name.startsWith(`${sha256}.`)));
  }

  async #lookUp(sent: string | undefined): Promise<Added | undefined> {
    const sha256 = sent && (await this.#index.read('sent', sent));
    const image = sha256 && (await this.#contents.find(sha256));
    return sent && image ? { image, sent } : undefined;
  }
}

const UrlNote = z.object({
  validator: z.object({ header: z.enum(['etag', 'last-modified']), value: z.string() }),
  sent: z.string(),
});

function parseNote(text: string | undefined): z.output<typeof UrlNote> | undefined {
  return text === undefined ? undefined : UrlNote.parse(JSON.parse(text));
}

const hashOf = (text: string) => createHash('sha256').update(text).digest('hex');

/** Tells whoever waits that nothing needs to be copied. @throws ImageError when it is not what is expected. */
function isKnown({ sent }: Added, name: string, { expected, onProgress }: AddOptions): void {
  requireDigest(sent, expected, name);
  const size = Number(sent.split('.')[1]);
  onProgress?.({ phase: 'known', bytes: size, total: size, rate: 0 });
}

/** @throws ImageError when what was sent is not what is expected. */
function requireDigest(sent: string, expected: Digests | undefined, name: string): void {
  const [found = ''] = sent.split('.');
  const wanted = expected?.sha256?.toLowerCase();
  if (wanted !== undefined && found !== wanted) throw wrongDigest('sha256', found, wanted, name);
}

async function drain(chunks: AsyncIterable<Uint8Array>): Promise<void> {
  for await (const _ of chunks);
}
