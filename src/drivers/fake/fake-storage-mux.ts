import { StateError } from '../../core/index.ts';
import { StorageMux } from '../../interfaces/index.ts';
import { type FlashedImages, findImage, ROOT, Spool, sendFile } from '../std/index.ts';
import { defineFake, type Fake } from './define-fake.ts';
import { type Failures, FakeDevice } from './fake-device.ts';

export interface FakeStorageMuxOptions {
  readonly fail?: Failures<typeof StorageMux>;
}

/** A storage medium: to whom it is connected, and what is on it. */
export class FakeStorageMuxDevice extends FakeDevice<typeof StorageMux> {
  side: 'host' | 'dut' | 'off' = 'off';
  readonly images: FlashedImages = new Map();
}

/** A medium in a temporary folder; it is written and read only while it is connected to the host. */
export function fakeStorageMux(
  options: FakeStorageMuxOptions = {},
): Fake<typeof StorageMux, FakeStorageMuxDevice> {
  const device = new FakeStorageMuxDevice('fake-storage-mux', options.fail);
  const connect = async (side: FakeStorageMuxDevice['side']) => {
    device.side = side;
    return null;
  };
  return defineFake({
    name: 'fake-storage-mux',
    interface: StorageMux,
    device,
    open: async (stack) => {
      const spool = stack.use(new Spool());
      stack.defer(() => device.images.clear());
      return {
        host: () => connect('host'),
        dut: () => connect('dut'),
        off: () => connect('off'),
        write: async (source, { signal }) => {
          needsHost(device);
          device.images.set(ROOT, await spool.keep(source, signal));
          return null;
        },
        read: async (sink, { signal }) => {
          needsHost(device);
          await sendFile(findImage(device.images, ROOT), sink, signal);
          return null;
        },
      };
    },
  });
}

function needsHost({ side }: FakeStorageMuxDevice): void {
  if (side === 'host') return;
  const where = side === 'off' ? 'connected to nothing' : 'connected to the device';
  throw new StateError(`the storage is ${where}; call host() first`, { state: side, needed: 'host' });
}
