import { resolve } from 'node:path';
import {
  type OnProgress,
  raceSignal,
  startDeadline,
  UnsupportedError,
  type WaitOptions,
} from '../core/index.ts';
import { type Digests, verified } from '../download/index.ts';
import { type ByteWriter, type ContentEncoding, Flasher, ImageFlasher } from '../interfaces/index.ts';
import { openAtomicFile } from './atomic-file.ts';
import { type Expectation, expectedDigests } from './expected-digests.ts';
import { registerHandle } from './handles.ts';
import type { Image } from './image.ts';
import { countBytes, hashFile, type ImageInput, inspectImage, rateOf, streamImage } from './image-source.ts';
import type { RemoteNode } from './node.ts';

export interface DumpOptions extends WaitOptions {
  /** One of the device's partitions; default: the one it boots from. */
  readonly partition?: string;
  readonly onProgress?: OnProgress;
  /** How the file is compressed: the device is given what is in it, and what is read back gets so. Not for a URL. */
  readonly compression?: ContentEncoding | undefined;
}

/** Where to, and what the image must be. */
export interface FlashOptions extends DumpOptions, Expectation {}

/** Writes images to a device and reads them back. */
export interface FlasherHandle {
  /**
   * Writes an image: from a file, from an http(s) URL that the exporter fetches, from bytes, or from a storage that opendal
   * reaches (`{ operator, path }`). A file that the exporter knows by its content is not sent again.
   *
   * @throws NotFoundError or ConfigError when the file cannot be read, before anything has been done; ImageError when the image
   * is none, damaged, or not what it must be. Whatever it throws, the device keeps what it had.
   */
  flash(image: ImageInput, options?: FlashOptions): Promise<void>;
  /** Reads the image back into a file, which is there only once it is whole. */
  dump(path: string, options?: DumpOptions): Promise<void>;
}

declare module './handles.ts' {
  interface HandleTypes {
    'flasher.v1': FlasherHandle;
    'image-flasher.v1': FlasherHandle;
  }
}

type PlainNode = Pick<RemoteNode<typeof Flasher>, 'calls' | 'session'>;

/** A flasher that only has the two calls of Jumpstarter's. */
export function createFlasher({ calls, session }: PlainNode): FlasherHandle {
  return {
    flash: async (
      input,
      { partition, onProgress, compression, sha256, sha512, checksums, ...options } = {},
    ) => {
      const image = await inspectImage(input, { local: session.local, operation: 'flasher.flash' });
      using deadline = startDeadline(options, { operation: 'flasher.flash', waitingFor: 'the exporter' });
      const { signal } = deadline;
      const expected = await expectedDigests(image, { sha256, sha512, checksums }, 'flasher.flash', signal);
      const source = sendPlainly(image, expected, onProgress, compression);
      await calls.flash(source, partition ?? null, { signal });
    },
    dump: async (path, { partition, onProgress, compression, ...options } = {}) => {
      using deadline = startDeadline(options, { operation: 'flasher.dump', waitingFor: 'the image' });
      const { signal } = deadline;
      await using file = await openAtomicFile(resolve(path));
      const writer = onProgress ? countWritten(file, onProgress) : file;
      await calls.dump({ kind: 'stream', writer, contentEncoding: compression }, partition ?? null, {
        signal,
      });
      await raceSignal(file.finished, signal);
    },
  };
}

function createImageFlasher(node: RemoteNode<typeof ImageFlasher>): FlasherHandle {
  const plain = createFlasher(node);
  return node.extended
    ? {
        ...plain,
        flash: (input, options) =>
          options?.compression ? plain.flash(input, options) : flashKnowingly(node, input, options),
      }
    : plain;
}

/** Sends no byte that the exporter can do without. */
async function flashKnowingly(
  { calls, session }: RemoteNode<typeof ImageFlasher>,
  input: ImageInput,
  { partition, onProgress, sha256, sha512, checksums, ...options }: FlashOptions = {},
): Promise<void> {
  const image = await inspectImage(input, { local: session.local, operation: 'flasher.flash' });
  using deadline = startDeadline(options, { operation: 'flasher.flash', waitingFor: 'the exporter' });
  const { signal } = deadline;
  const target = partition ?? null;
  let expected = await expectedDigests(image, { sha256, sha512, checksums }, 'flasher.flash', signal);
  if (image.kind === 'file' && !session.local) {
    const digest = await hashFile(image, expected, onProgress, signal);
    if (await calls.hasImage(digest, { signal })) {
      await calls.flashKnown(digest, target, { signal });
      return;
    }
    // The exporter then knows what is to come, and notices when the file is changed meanwhile.
    expected = { ...expected, sha256: digest };
  }
  const known = image.kind === 'url' ? null : image.size;
  for await (const progress of calls.flashStream(send(image, session.local), target, expected, { signal })) {
    const total = progress.total ?? (progress.phase === 'upload' ? known : null);
    onProgress?.({ ...progress, total });
  }
}

function send(image: Image, local: boolean) {
  if (image.kind === 'url') return image;
  if (image.kind === 'file' && local) return { kind: 'local_path', path: image.path } as const;
  return streamImage(image);
}

/** A stock flasher tells nothing and checks nothing: the bytes are counted and compared where they leave. */
function sendPlainly(
  image: Image,
  expected: Digests,
  onProgress: OnProgress | undefined,
  contentEncoding: ContentEncoding | undefined,
) {
  if (image.kind === 'url' && Object.keys(expected).length > 0) throw cannotCheck();
  if (image.kind === 'url') return image;
  const source = streamImage(image);
  const counted = countBytes(source.chunks, 'upload', image.size, onProgress);
  const name = image.kind === 'file' ? image.path : (image.name ?? 'the image');
  return { ...source, contentEncoding, chunks: verified(counted, expected, name) };
}

function cannotCheck(): UnsupportedError {
  const message =
    'flasher.flash: this exporter fetches a URL without comparing checksums: flash the file itself';
  const fields = { capability: 'checksum of a URL', available: ['checksum of a file'] };
  return new UnsupportedError(message, fields, { operation: 'flasher.flash' });
}

function countWritten(writer: ByteWriter, onProgress: OnProgress): ByteWriter {
  const start = performance.now();
  let bytes = 0;
  return {
    write: async (chunk) => {
      await writer.write(chunk);
      bytes += chunk.length;
      onProgress({ phase: 'download', bytes, total: null, rate: rateOf(bytes, start) });
    },
    close: () => writer.close(),
    abort: (reason) => writer.abort(reason),
  };
}

registerHandle(Flasher, createFlasher);
registerHandle(ImageFlasher, createImageFlasher);
