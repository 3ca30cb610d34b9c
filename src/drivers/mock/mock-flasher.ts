import { z } from 'zod';
import { defineDriver } from '../../driver/index.ts';
import { Flasher } from '../../interfaces/index.ts';
import { type FlashedImages, findImage, ROOT, Spool, sendFile } from '../std/index.ts';

/** A flasher without a device: it keeps each partition's image for as long as the session lasts, and gives it back. */
export const mockFlasher = defineDriver({
  name: 'mock-flasher',
  interface: Flasher,
  config: z.strictObject({}).optional(),
  open: async () => {
    const spool = new Spool();
    const images: FlashedImages = new Map();
    return {
      flash: async (source, target, { signal }) => {
        images.set(target ?? ROOT, await spool.keep(source, signal));
        return null;
      },
      dump: async (sink, partition, { signal }) => {
        await sendFile(findImage(images, partition), sink, signal);
        return null;
      },
      [Symbol.asyncDispose]: () => spool[Symbol.asyncDispose](),
    };
  },
});
