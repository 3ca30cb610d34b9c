import { resolve } from 'node:path';
import { type OnProgress, raceSignal, startDeadline, type WaitOptions } from '../core/index.ts';
import { type PresignedRequest, type Source, Storage, type StorageCapability } from '../interfaces/index.ts';
import { openAtomicFile } from './atomic-file.ts';
import { registerHandle } from './handles.ts';
import type { Image } from './image.ts';
import { countBytes, type ImageInput, inspectImage, streamImage } from './image-source.ts';
import type { RemoteNode } from './node.ts';
import { openStorageFile, type StorageFile } from './storage-file.ts';

/** What is known of a file or a folder. */
export interface StorageEntry {
  readonly size: number;
  readonly isFile: boolean;
  readonly isFolder: boolean;
  readonly contentType: string | null;
  readonly contentDisposition: string | null;
  readonly md5: string | null;
  readonly etag: string | null;
}

export interface UploadOptions extends WaitOptions {
  readonly onProgress?: OnProgress;
}

/**
 * Files and folders of a storage. Paths are relative to its root; those of folders end with `/`.
 */
export interface StorageHandle {
  /** The whole content of a file. */
  read(path: string, options?: WaitOptions): Promise<Buffer>;
  /** Replaces a file by this content. */
  write(path: string, content: string | Uint8Array, options?: WaitOptions): Promise<void>;
  /** Copies a file into one of this host, which is there only once it is whole. */
  download(path: string, file: string, options?: WaitOptions): Promise<void>;
  /**
   * Replaces a file by a file of this host, by what is at a URL that the exporter fetches, or by bytes. What has not come whole
   * is deleted again.
   */
  upload(path: string, input: ImageInput, options?: UploadOptions): Promise<void>;
  /** Opens a file to be read (`rb`), or to be replaced (`wb`). */
  open(path: string, mode: 'rb' | 'wb', options?: WaitOptions): Promise<StorageFile>;
  stat(path: string, options?: WaitOptions): Promise<StorageEntry>;
  /** In hexadecimal. */
  hash(path: string, algorithm?: 'md5' | 'sha256', options?: WaitOptions): Promise<string>;
  copy(source: string, target: string, options?: WaitOptions): Promise<void>;
  rename(source: string, target: string, options?: WaitOptions): Promise<void>;
  /** Deletes a path with all below it. */
  removeAll(path: string, options?: WaitOptions): Promise<void>;
  /** Creates a folder, with those above it. */
  createDir(path: string, options?: WaitOptions): Promise<void>;
  /** Deletes a path; one that is not there is no error. */
  delete(path: string, options?: WaitOptions): Promise<void>;
  exists(path: string, options?: WaitOptions): Promise<boolean>;
  /** What is in a folder, with the folder itself. */
  list(path: string, options?: WaitOptions): AsyncIterable<string>;
  /** What is in a folder and all below it, with the folder itself. */
  scan(path: string, options?: WaitOptions): AsyncIterable<string>;
  /** Signed requests that hold for so many seconds. @throws UnsupportedError where the storage cannot sign */
  presignStat(path: string, seconds: number, options?: WaitOptions): Promise<PresignedRequest>;
  presignRead(path: string, seconds: number, options?: WaitOptions): Promise<PresignedRequest>;
  presignWrite(path: string, seconds: number, options?: WaitOptions): Promise<PresignedRequest>;
  capability(options?: WaitOptions): Promise<StorageCapability>;
  /** What this session has created. */
  createdResources(options?: WaitOptions): Promise<string[]>;
  /** Says that a path was created by this session: it is deleted in the end, if the storage is told to do so. */
  registerPath(path: string, options?: WaitOptions): Promise<void>;
}

declare module './handles.ts' {
  interface HandleTypes {
    'storage.v1': StorageHandle;
  }
}

/** The handle of a storage. */
export function createStorage({ calls, session }: RemoteNode<typeof Storage>): StorageHandle {
  const open = (path: string, mode: 'rb' | 'wb', options?: WaitOptions) =>
    openStorageFile(calls, path, mode, options);
  return {
    open,
    read: async (path, options) => {
      await using file = await open(path, 'rb', options);
      return await file.read(options);
    },
    write: async (path, content, options) => {
      await using file = await open(path, 'wb', options);
      await file.write(content, options);
      await file.close(options);
    },
    download: async (path, target, options = {}) => {
      using deadline = startDeadline(options, { operation: 'storage.download', waitingFor: 'the file' });
      const { signal } = deadline;
      await using file = await open(path, 'rb', { signal });
      await using local = await openAtomicFile(resolve(target));
      await calls.fileRead(file.fd, { kind: 'stream', writer: local }, { signal });
      await raceSignal(local.finished, signal);
    },
    upload: async (path, input, { onProgress, ...options } = {}) => {
      const operation = 'storage.upload';
      const image = await inspectImage(input, { local: session.local, operation });
      using deadline = startDeadline(options, { operation, waitingFor: 'the exporter' });
      const { signal } = deadline;
      const file = await open(path, 'wb', { signal });
      try {
        await calls.fileWrite(file.fd, sourceOf(image, onProgress), { signal });
        await file.close({ signal });
      } catch (reason) {
        await file.close().catch(() => undefined);
        await calls.delete(path).catch(() => undefined); // The first failure is the one to tell.
        throw reason;
      }
    },
    stat: async (path, options) => {
      const found = await calls.stat(path, options);
      return {
        size: found.content_length,
        isFile: found.mode.entry_is_file,
        isFolder: found.mode.entry_is_dir,
        contentType: found.content_type,
        contentDisposition: found.content_disposition,
        md5: found.content_md5,
        etag: found.etag,
      };
    },
    hash: (path, algorithm = 'sha256', options) => calls.hash(path, algorithm, options),
    copy: async (source, target, options) => void (await calls.copy(source, target, options)),
    rename: async (source, target, options) => void (await calls.rename(source, target, options)),
    removeAll: async (path, options) => void (await calls.removeAll(path, options)),
    createDir: async (path, options) => void (await calls.createDir(path, options)),
    delete: async (path, options) => void (await calls.delete(path, options)),
    exists: (path, options) => calls.exists(path, options),
    list: (path, options) => calls.list(path, options),
    scan: (path, options) => calls.scan(path, options),
    presignStat: (path, seconds, options) => calls.presignStat(path, seconds, options),
    presignRead: (path, seconds, options) => calls.presignRead(path, seconds, options),
    presignWrite: (path, seconds, options) => calls.presignWrite(path, seconds, options),
    capability: (options) => calls.capability(options),
    createdResources: (options) => calls.getCreatedResources(options),
    registerPath: async (path, options) => void (await calls.registerPath(path, options)),
  };
}

function sourceOf(image: Image, onProgress: OnProgress | undefined): Source {
  if (image.kind === 'url') return image;
  const source = streamImage(image);
  return { ...source, chunks: countBytes(source.chunks, 'upload', image.size, onProgress) };
}

registerHandle(Storage, createStorage);
