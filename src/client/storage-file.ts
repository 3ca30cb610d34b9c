import type { WaitOptions } from '../core/index.ts';
import type { ByteWriter, Client, Storage } from '../interfaces/index.ts';

/** A file of a storage that is being read or written. Disposing of it closes it. */
export interface StorageFile extends AsyncDisposable {
  /** What the exporter knows it by. */
  readonly fd: string;
  /** What is between the position and the end. */
  read(options?: WaitOptions): Promise<Buffer>;
  /** Writes bytes, text in UTF-8, or chunks of bytes. */
  write(content: string | Uint8Array | AsyncIterable<Uint8Array>, options?: WaitOptions): Promise<void>;
  /** Moves the position: `from` the start, from where it is (`current`), or from the end. Returns where it is then. */
  seek(offset: number, from?: 'start' | 'current' | 'end', options?: WaitOptions): Promise<number>;
  tell(options?: WaitOptions): Promise<number>;
  /** What was written is there once this has resolved. Does nothing to a file that is closed. */
  close(options?: WaitOptions): Promise<void>;
  closed(options?: WaitOptions): Promise<boolean>;
  readable(options?: WaitOptions): Promise<boolean>;
  seekable(options?: WaitOptions): Promise<boolean>;
  writable(options?: WaitOptions): Promise<boolean>;
}

const WHENCE = { start: 0, current: 1, end: 2 } as const;

/** Opens a file of a storage. @throws NotFoundError when there is none to read */
export async function openStorageFile(
  calls: Client<typeof Storage>,
  path: string,
  mode: 'rb' | 'wb',
  options?: WaitOptions,
): Promise<StorageFile> {
  const fd = await calls.open(path, mode, options);
  let isOpen = true;
  const close = async (waits?: WaitOptions) => {
    if (!isOpen) return;
    await calls.fileClose(fd, waits);
    isOpen = false;
  };
  return {
    fd,
    read: async (waits) => {
      const chunks: Uint8Array[] = [];
      await calls.fileRead(fd, { kind: 'stream', writer: collect(chunks) }, waits);
      return Buffer.concat(chunks);
    },
    write: async (content, waits) => {
      await calls.fileWrite(fd, { kind: 'stream', chunks: chunksOf(content) }, waits);
    },
    seek: (offset, from = 'start', waits) => calls.fileSeek(fd, offset, WHENCE[from], waits),
    tell: (waits) => calls.fileTell(fd, waits),
    close,
    closed: (waits) => calls.fileClosed(fd, waits),
    readable: (waits) => calls.fileReadable(fd, waits),
    seekable: (waits) => calls.fileSeekable(fd, waits),
    writable: (waits) => calls.fileWritable(fd, waits),
    [Symbol.asyncDispose]: () => close(),
  };
}

function collect(chunks: Uint8Array[]): ByteWriter {
  return {
    // The chunk is the caller's again afterwards.
    write: async (chunk) => void chunks.push(new Uint8Array(chunk)),
    close: async () => undefined,
    abort: async () => undefined,
  };
}

async function* chunksOf(
  content: string | Uint8Array | AsyncIterable<Uint8Array>,
): AsyncGenerator<Uint8Array> {
  if (typeof content === 'string') yield Buffer.from(content);
  else if (content instanceof Uint8Array) yield content;
  else yield* content;
}
