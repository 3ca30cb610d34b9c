import { NotFoundError, type Progress, StateError } from '../../core/index.ts';
import { type Digests, verified } from '../../download/index.ts';
import { ImageFlasher, type Source } from '../../interfaces/index.ts';
import {
  emitted,
  type FlashedImages,
  findImage,
  ROOT,
  readSource,
  Spool,
  type SpooledFile,
  sendFile,
  Turn,
} from '../std/index.ts';
import { defineFake, type Fake, type Gate } from './define-fake.ts';
import { type Failures, FakeDevice } from './fake-device.ts';
import type { FakeVirtualPowerDevice } from './fake-virtual-power.ts';

export interface FakeImageFlasherOptions {
  readonly fail?: Failures<typeof ImageFlasher>;
  /** The power of the same machine: it can be flashed only while that is off. */
  readonly power?: FakeVirtualPowerDevice;
  /** Shared with the other drivers of the machine whose state-changing calls exclude these. */
  readonly turn?: Turn;
}

/** A machine's disks: what was flashed, by the name of the partition (`root` where none was named). */
export class FakeImageFlasherDevice extends FakeDevice<typeof ImageFlasher> {
  readonly images: FlashedImages = new Map();
}

/** A flasher that remembers every image it has seen for as long as the session lasts. Its progress has no rate: no clock. */
export function fakeImageFlasher(
  options: FakeImageFlasherOptions = {},
): Fake<typeof ImageFlasher, FakeImageFlasherDevice> {
  const device = new FakeImageFlasherDevice('fake-image-flasher', options.fail);
  return defineFake({
    name: 'fake-image-flasher',
    interface: ImageFlasher,
    device,
    gate: whileOff(options),
    open: async (stack) => {
      const spool = stack.use(new Spool());
      const known = new Map<string, SpooledFile>();
      stack.defer(() => device.images.clear());
      const flash = async (
        source: Source,
        partition: string | null | undefined,
        signal: AbortSignal,
        expected: Digests = {},
        tell?: (progress: Progress) => Promise<void>,
      ) => {
        const chunks = verified(readSource(source, signal), expected, 'the image');
        const image = await spool.keep({ kind: 'stream', chunks }, signal, async (bytes) =>
          tell?.(received(bytes, null)),
        );
        known.set(image.sha256, image);
        device.images.set(partition ?? ROOT, image);
        await tell?.(received(image.bytes, image.bytes));
      };
      return {
        flash: async (source, partition, { signal }) => {
          await flash(source, partition, signal);
          return null;
        },
        flashStream: (source, partition, expected, { signal }) =>
          emitted((tell) => flash(source, partition, signal, expected ?? {}, tell)),
        dump: async (sink, partition, { signal }) => {
          await sendFile(findImage(device.images, partition), sink, signal);
          return null;
        },
        hasImage: async (sha256) => known.has(sha256),
        flashKnown: async (sha256, partition) => {
          const image = known.get(sha256);
          if (!image) throw unknownImage(sha256, [...known.keys()]);
          device.images.set(partition ?? ROOT, image);
          return null;
        },
      };
    },
  });
}

/** Flashing waits for nothing: it is refused while the machine is on, and beside another change of its state. */
function whileOff({ power, turn = new Turn() }: FakeImageFlasherOptions): Gate {
  return ({ method, context }, act) => {
    if (!method.startsWith('flash')) return act(context.signal);
    return turn.take(`flasher.${method}`, context, async (signal) => {
      const state = power?.state ?? 'off';
      if (state === 'off') return act(signal);
      const message = `the machine is ${state}; it can be flashed only while it is off`;
      throw new StateError(message, { state, needed: 'off' });
    });
  };
}

function received(bytes: number, total: number | null): Progress {
  return { phase: 'upload', bytes, total, rate: 0 };
}

function unknownImage(missing: string, known: readonly string[]): NotFoundError {
  const message = `no image with the SHA-256 ${missing} was ever flashed here`;
  return new NotFoundError(message, { what: 'image', missing, known });
}
