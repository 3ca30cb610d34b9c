import { z } from 'zod';
import { arg, call, defineInterface, sink, source, stream } from './contract.ts';

const methods = {
  flash: call('Write an image to the device', {
    args: [source('source'), arg('target', z.string().nullish())],
    returns: z.null(),
  }),
  dump: call('Read the image back from the device', {
    args: [sink('target'), arg('partition', z.string().nullish())],
    returns: z.null(),
  }),
};

/** Writes images to a device and reads them back. */
export const Flasher = defineInterface(
  'flasher.v1',
  { pythonClient: 'jumpstarter_driver_opendal.client.FlasherClient', category: 'storage' },
  methods,
);

const hex = (digits: number) =>
  z.string().regex(new RegExp(`^[0-9a-fA-F]{${digits}}$`), `expected ${digits} hexadecimal digits`);

/** What the bytes of an image must be, as they are sent: compressed, where they are. */
export const ImageDigests = z.strictObject({
  sha256: hex(64).optional().describe('SHA-256'),
  sha512: hex(128).optional().describe('SHA-512'),
});
export type ImageDigests = z.output<typeof ImageDigests>;

/** As `Progress` of the core room. */
export const FlashProgress = z.object({
  phase: z.string(),
  bytes: z.number(),
  total: z.number().nullable(),
  rate: z.number(),
});

/**
 * A flasher that says how far it is, and knows images by their content.
 *
 * The new image is used only when it is whole and what it is expected to be; until then, and after any failure, the old one
 * stays. Flashing a device that is on is a StateError.
 */
export const ImageFlasher = defineInterface(
  'image-flasher.v1',
  { pythonClient: 'jumpstarter_driver_qemu.client.QemuFlasherClient', category: 'storage' },
  {
    ...methods,
    flashStream: stream('Write an image, telling the progress', {
      args: [
        source('source'),
        arg('partition', z.string().nullish()),
        arg('expected', ImageDigests.nullish()),
      ],
      returns: FlashProgress,
    }),
    hasImage: call('Whether an image with this SHA-256 (of the bytes as sent) is known', {
      args: [arg('sha256', z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits'))],
      returns: z.boolean(),
      idempotent: true,
    }),
    flashKnown: call('Flash an image that is already known by its SHA-256', {
      args: [
        arg('sha256', z.string().regex(/^[0-9a-f]{64}$/, 'expected 64 hexadecimal digits')),
        arg('partition', z.string().nullish()),
      ],
      returns: z.null(),
    }),
  },
);
