import type { OnProgress, Progress } from '../../../core/index.ts';
import type { CallContext, DriverNode } from '../../../driver/index.ts';
import { type ImageDigests, ImageFlasher, type Source } from '../../../interfaces/index.ts';
import type { VirtualMachine } from '../machine/machine.ts';
import { type Media, parsePartition } from '../storage/media.ts';
import { withProgress } from './with-progress.ts';

/** The disks and the firmware of a machine, which must be off. */
export function flasherNode(machine: VirtualMachine, media: Media): DriverNode<typeof ImageFlasher> {
  const flash = async (
    source: Source,
    name: string | null | undefined,
    context: CallContext,
    options: { readonly onProgress?: OnProgress; readonly expected?: ImageDigests | null | undefined } = {},
  ) => {
    const partition = parsePartition(name);
    const { onProgress, expected } = options;
    await machine.whileOff('flasher.flash', context, (signal) =>
      media.flash(source, partition, context.peer, { signal, onProgress, expected: expected ?? {} }),
    );
    return null;
  };
  return {
    interface: ImageFlasher,
    children: {},
    handlers: {
      flash: (source, partition, context) => flash(source, partition, context),
      flashStream: (source, partition, expected, context) =>
        withProgress<Progress>((onProgress) => flash(source, partition, context, { onProgress, expected })),
      hasImage: (sha256) => media.has(sha256),
      flashKnown: async (sha256, name, context) => {
        const partition = parsePartition(name);
        await machine.whileOff('flasher.flash_known', context, () => media.flashKnown(sha256, partition));
        return null;
      },
      dump: async (sink, name, context) => {
        const partition = parsePartition(name);
        await machine.readWhileOff('flasher.dump', context, (signal) =>
          media.dump(partition, sink, { signal }),
        );
        return null;
      },
    },
  };
}
