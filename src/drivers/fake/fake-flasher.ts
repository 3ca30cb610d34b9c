import { Flasher } from '../../interfaces/index.ts';
import { type FlashedImages, findImage, ROOT, Spool, sendFile } from '../std/index.ts';
import { defineFake, type Fake } from './define-fake.ts';
import { type Failures, FakeDevice } from './fake-device.ts';

export interface FakeFlasherOptions {
  readonly fail?: Failures<typeof Flasher>;
}

/** A device with flash memory: what is in it, by the name of the target (`root` where none was named). */
export class FakeFlasherDevice extends FakeDevice<typeof Flasher> {
  readonly images: FlashedImages = new Map();
}

/** A flasher that keeps what it is given in a temporary folder for as long as the session lasts, and gives it back. */
export function fakeFlasher(options: FakeFlasherOptions = {}): Fake<typeof Flasher, FakeFlasherDevice> {
  const device = new FakeFlasherDevice('fake-flasher', options.fail);
  return defineFake({
    name: 'fake-flasher',
    interface: Flasher,
    device,
    open: async (stack) => {
      const spool = stack.use(new Spool());
      stack.defer(() => device.images.clear());
      return {
        flash: async (source, target, { signal }) => {
          device.images.set(target ?? ROOT, await spool.keep(source, signal));
          return null;
        },
        dump: async (sink, partition, { signal }) => {
          await sendFile(findImage(device.images, partition), sink, signal);
          return null;
        },
      };
    },
  });
}
