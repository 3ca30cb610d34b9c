import { resolve } from 'node:path';
import { type OnProgress, raceSignal, startDeadline, type WaitOptions } from '../core/index.ts';
import { type ByteWriter, Flasher, ImageFlasher } from '../interfaces/index.ts';
import { openAtomicFile } from './atomic-file.ts';
import { registerHandle } from './handles.ts';
import {
  countBytes,
  hashFile,
  type Image,
  type ImageInput,
  inspectImage,
  rateOf,
  streamImage,
} from './image-source.ts';
import type { RemoteNode } from './node.ts';

export interface FlashOptions extends WaitOptions {
  /** Where to: one of the device's partitions; default: the one it boots from. */
  readonly partition?: string;
  readonly onProgress?: OnProgress;
}

/** Writes images to a device and reads them back. */
export interface FlasherHandle {
  /**
   * Writes an image: from a file, from an http(s) URL that the exporter fetches, or from bytes. A file that the exporter
   * knows by its content is not sent again.
   *
   * @throws NotFoundError or ConfigError when the file cannot be read, before anything has been done.
   */
  flash(image: ImageInput, options?: FlashOptions): Promise<void>;
  /** Reads the image back into a file, which is there only once it is whole. */
  dump(path: string, options?: FlashOptions): Promise<void>;
}

declare module './handles.ts' {
  interface HandleTypes {
    'flasher.v1': FlasherHandle;
    'image-flasher.v1': FlasherHandle;
  }
}

type PlainNode = Pick<RemoteNode<typeof Flasher>, 'calls' | 'session'>;

function createFlasher({ calls }: PlainNode): FlasherHandle {
  return {
    flash: async (input, { partition, onProgress, ...options } = {}) => {
      const image = await inspectImage(input, 'flasher.flash');
      await calls.flash(sendPlainly(image, onProgress), partition ?? null, options);
    },
    dump: async (path, { partition, onProgress, ...options } = {}) => {
      using deadline = startDeadline(options, { operation: 'flasher.dump', waitingFor: 'the image' });
      const { signal } = deadline;
      await using file = await openAtomicFile(resolve(path));
      const writer = onProgress ? countWritten(file, onProgress) : file;
      await calls.dump({ kind: 'stream', writer }, partition ?? null, { signal });
      await raceSignal(file.finished, signal);
    },
  };
}

function createImageFlasher(node: RemoteNode<typeof ImageFlasher>): FlasherHandle {
  const plain = createFlasher(node);
  return node.extended
    ? { ...plain, flash: (input, options) => flashKnowingly(node, input, options) }
    : plain;
}

/** Sends no byte that the exporter can do without. */
async function flashKnowingly(
  { calls, session }: RemoteNode<typeof ImageFlasher>,
  input: ImageInput,
  { partition, onProgress, ...options }: FlashOptions = {},
): Promise<void> {
  const image = await inspectImage(input, 'flasher.flash');
  using deadline = startDeadline(options, { operation: 'flasher.flash', waitingFor: 'the exporter' });
  const { signal } = deadline;
  const target = partition ?? null;
  if (image.kind === 'file' && !session.local) {
    const digest = await hashFile(image.path, image.size, onProgress, signal);
    if (await calls.hasImage(digest, { signal })) {
      await calls.flashKnown(digest, target, { signal });
      return;
    }
  }
  const known = image.kind === 'url' ? null : image.size;
  for await (const progress of calls.flashStream(send(image, session.local), target, { signal })) {
    const total = progress.total ?? (progress.phase === 'upload' ? known : null);
    onProgress?.({ ...progress, total });
  }
}

function send(image: Image, local: boolean) {
  if (image.kind === 'url') return image;
  if (image.kind === 'file' && local) return { kind: 'local_path', path: image.path } as const;
  return streamImage(image);
}

/** A stock flasher tells nothing: the bytes are counted where they leave. */
function sendPlainly(image: Image, onProgress: OnProgress | undefined) {
  if (image.kind === 'url') return image;
  const source = streamImage(image);
  return { ...source, chunks: countBytes(source.chunks, 'upload', image.size, onProgress) };
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
