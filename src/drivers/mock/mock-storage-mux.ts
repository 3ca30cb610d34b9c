import { z } from 'zod';
import { StateError } from '../../core/index.ts';
import { type CallContext, defineDriver, type OpenContext } from '../../driver/index.ts';
import { type Sink, type Source, StorageMux, StorageMuxFlasher } from '../../interfaces/index.ts';
import { type FlashedImages, findImage, ROOT, Spool, sendFile } from '../std/index.ts';

type Side = 'host' | 'dut' | 'off';

/** The configuration of `mockStorageMux`. */
export const MockStorageMuxConfig = z.strictObject({
  /** Lets the medium be written and read wherever it is connected, as Jumpstarter's mock does. */
  anySide: z.boolean().default(false).describe('read and write wherever the medium is connected'),
});

/** A medium in a temporary folder; it is written and read only while it is connected to the host. */
export const mockStorageMux = defineDriver({
  name: 'mock-storage-mux',
  interface: StorageMux,
  config: MockStorageMuxConfig.optional(),
  open: (config, context) => openMedium(config, context),
});

/** The same, for clients that flash the medium as a whole. */
export const mockStorageMuxFlasher = defineDriver({
  name: 'mock-storage-mux-flasher',
  interface: StorageMuxFlasher,
  config: MockStorageMuxConfig.optional(),
  open: (config, context) => openMedium(config, context),
});

async function openMedium({ anySide = false }: { anySide?: boolean } = {}, { log }: OpenContext) {
  const spool = new Spool();
  const images: FlashedImages = new Map();
  let side: Side = 'off';
  const connect = (to: Side) => async () => {
    side = to;
    log.debug({ side }, 'storage connected');
    return null;
  };
  const needHost = () => {
    if (anySide || side === 'host') return;
    const where = side === 'off' ? 'connected to nothing' : 'connected to the device';
    throw new StateError(`the storage is ${where}; call host() first`, { state: side, needed: 'host' });
  };
  return {
    host: connect('host'),
    dut: connect('dut'),
    off: connect('off'),
    write: async (source: Source, { signal }: CallContext) => {
      needHost();
      images.set(ROOT, await spool.keep(source, signal));
      return null;
    },
    read: async (sink: Sink, { signal }: CallContext) => {
      needHost();
      await sendFile(findImage(images, ROOT), sink, signal);
      return null;
    },
    [Symbol.asyncDispose]: () => spool[Symbol.asyncDispose](),
  };
}
