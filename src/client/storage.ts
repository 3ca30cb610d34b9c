import { resolve } from 'node:path';
import { type OnProgress, raceSignal, startDeadline, type WaitOptions } from '../core/index.ts';
import { StorageMux } from '../interfaces/index.ts';
import { openAtomicFile } from './atomic-file.ts';
import { registerHandle } from './handles.ts';
import { countBytes, type ImageInput, inspectImage, streamImage } from './image-source.ts';
import type { RemoteNode } from './node.ts';

export interface StorageOptions extends WaitOptions {
  readonly onProgress?: OnProgress;
}

/** A storage medium that is switched between the host, which writes it, and the device, which boots from it. */
export interface StorageMuxHandle {
  /** Connects the storage to the host. */
  host(options?: WaitOptions): Promise<void>;
  /** Connects the storage to the device. */
  dut(options?: WaitOptions): Promise<void>;
  /** Disconnects the storage. */
  off(options?: WaitOptions): Promise<void>;
  /** Writes an image to the storage; it must be connected to the host. */
  write(image: ImageInput, options?: StorageOptions): Promise<void>;
  /** Reads the storage into a file, which is there only once it is whole. */
  read(path: string, options?: WaitOptions): Promise<void>;
}

declare module './handles.ts' {
  interface HandleTypes {
    'storage-mux.v1': StorageMuxHandle;
  }
}

function createStorageMux({ calls, session }: RemoteNode<typeof StorageMux>): StorageMuxHandle {
  return {
    host: async (options) => void (await calls.host(options)),
    dut: async (options) => void (await calls.dut(options)),
    off: async (options) => void (await calls.off(options)),
    write: async (input, { onProgress, ...options } = {}) => {
      const image = await inspectImage(input, { local: session.local, operation: 'storage.write' });
      if (image.kind === 'url') return void (await calls.write(image, options));
      const source = streamImage(image);
      const chunks = countBytes(source.chunks, 'upload', image.size, onProgress);
      await calls.write({ ...source, chunks }, options);
    },
    read: async (path, options = {}) => {
      using deadline = startDeadline(options, { operation: 'storage.read', waitingFor: 'the storage' });
      await using file = await openAtomicFile(resolve(path));
      await calls.read({ kind: 'stream', writer: file }, { signal: deadline.signal });
      await raceSignal(file.finished, deadline.signal);
    },
  };
}

registerHandle(StorageMux, createStorageMux);
