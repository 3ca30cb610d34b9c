import { resolve } from 'node:path';
import { ConfigError, type OnProgress, raceSignal, startDeadline, type WaitOptions } from '../core/index.ts';
import { type Client, StorageMux, StorageMuxFlasher } from '../interfaces/index.ts';
import { openAtomicFile } from './atomic-file.ts';
import { createFlasher, type FlasherHandle } from './flasher.ts';
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

/**
 * A storage medium that is flashed as a whole: `flash` and `dump` connect it to the host, and to the device when they are
 * done, whether or not they succeed. It has no partitions.
 */
export interface StorageMuxFlasherHandle extends StorageMuxHandle, FlasherHandle {}

declare module './handles.ts' {
  interface HandleTypes {
    'storage-mux.v1': StorageMuxHandle;
    'storage-mux-flasher.v1': StorageMuxFlasherHandle;
  }
}

type MuxNode = Pick<RemoteNode<typeof StorageMux>, 'calls' | 'session'>;

function createStorageMux({ calls, session }: MuxNode): StorageMuxHandle {
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

function createStorageMuxFlasher(node: RemoteNode<typeof StorageMuxFlasher>): StorageMuxFlasherHandle {
  const { calls, session } = node;
  const flasher = createFlasher({
    session,
    calls: {
      flash: async (source, partition, options) => {
        refusePartition(partition, 'flash');
        return await onHost(calls, options, () => calls.write(source, options));
      },
      dump: async (sink, partition, options) => {
        refusePartition(partition, 'dump');
        return await onHost(calls, options, () => calls.read(sink, options));
      },
    },
  });
  return { ...createStorageMux(node), ...flasher };
}

/** Does something with the medium at the host, and gives it to the device then. */
async function onHost<T>(
  { host, dut }: Client<typeof StorageMux>,
  options: WaitOptions | undefined,
  act: () => Promise<T>,
): Promise<T> {
  await host(options);
  const result = await act().catch(async (reason: unknown) => {
    await dut().catch(() => undefined); // The first failure is the one to tell.
    throw reason;
  });
  await dut(options);
  return result;
}

function refusePartition(partition: unknown, method: string): void {
  if (partition == null) return;
  const message = `got ${JSON.stringify(partition)}; this storage is flashed as a whole`;
  const operation = `storage.${method}`;
  throw new ConfigError(
    `${operation}: partition: ${message}`,
    { issues: [{ path: 'partition', message }] },
    { operation },
  );
}

registerHandle(StorageMux, createStorageMux);
registerHandle(StorageMuxFlasher, createStorageMuxFlasher);
