import { dirname, join } from 'node:path';
import { cacheDir, makeLendingDir, stateDir } from '../../core/index.ts';
import type { DriverNode, OpenContext } from '../../driver/index.ts';
import type { Machine } from '../../interfaces/index.ts';
import { hostArch } from './architectures.ts';
import { assembleMachine } from './assemble-machine.ts';
import { createIdentity, sharedIdentity } from './boots/boot-identity.ts';
import { bootsDir } from './boots/boot-store.ts';
import type { QemuConfig } from './config.ts';
import { locateFiles } from './config-files.ts';
import { gatherHost } from './host.ts';
import { hostSpeed } from './host-speed.ts';
import { sweepLeftovers } from './leftovers.ts';
import { wrapper } from './plan/machine.ts';
import { planPace } from './plan/pace.ts';
import { openPooledMachine } from './pooled-machine.ts';
import type { Equipment } from './prepare.ts';
import { handOver, openRunFolder, usersOfRuns } from './run-folder.ts';
import { flashedDir } from './storage/content-store.ts';
import { ImageNotes } from './storage/image-notes.ts';
import { ImageStore } from './storage/image-store.ts';
import { registerRuns } from './storage/images-in-use.ts';
import { Media } from './storage/media.ts';

/** Opens a machine: it is off, and everything it needs of this host has been found. */
export async function openMachine(
  config: QemuConfig,
  context: OpenContext,
): Promise<DriverNode<typeof Machine>> {
  await using stack = new AsyncDisposableStack();
  const artifacts = context.artifacts && join(context.artifacts, ...context.path.split('.'));
  const equipment = await equip(config, context, stack);
  const machine = stack.use(await assembleMachine(equipment, { ...context, artifacts }));
  const { pool, boot } = config;
  const node = pool ? await openPooledMachine(machine, { pool, boot }, context) : machine.node;
  stack.defer(async () => node.close?.());
  const held = stack.move();
  return { ...node, close: () => held.disposeAsync() };
}

async function equip(
  given: QemuConfig,
  { log, signal }: OpenContext,
  stack: AsyncDisposableStack,
): Promise<Equipment> {
  const config = await locateFiles(given);
  // Before anything of ours keeps the host busy.
  const step = await hostSpeed();
  await sweepLeftovers(log);
  const run = stack.use(await openRunFolder(join(stateDir(), 'runs')));
  const images = flashedDir(cacheDir());
  const notes = new ImageNotes(run.path);
  await registerRuns(cacheDir(), dirname(run.path));
  const { kernel, initrd, cdrom, disks } = config;
  for (const path of [kernel, initrd, cdrom, ...disks.map((disk) => disk.path)])
    if (path !== undefined) await notes.add(path);
  const store = await ImageStore.open(images, { claim: (path) => notes.add(path) });
  const boots = config.boot?.remember ? await makeLendingDir(bootsDir(cacheDir())) : undefined;
  const reach = [dirname(run.path), dirname(run.sockets), join(images, 'content'), ...(boots ? [boots] : [])];
  const taken = await usersOfRuns(dirname(run.path));
  const host = await gatherHost(config, { log, signal, reach, taken });
  if (host.user) await handOver(run, host.user);
  const media = new Media(store, notes, run.path, config.partitions, wrapper(host));
  if (config.image !== undefined) {
    const { image } = config;
    const onProgress = (progress: object) => log.debug({ image, ...progress }, 'image');
    await media.flash(
      sourceOf(image),
      'root',
      { name: 'the configuration', local: true },
      { signal, onProgress },
    );
  }
  return {
    config,
    host,
    pace: planPace({ accelerator: host.accelerator.name, guest: config.arch, host: hostArch(), step }),
    run,
    media,
    notes,
    ...(boots === undefined ? createIdentity(config) : await sharedIdentity(boots, config)),
    sizes: {},
  };
}

const sourceOf = (image: string) =>
  /^https?:/.test(image)
    ? ({ kind: 'url', url: image } as const)
    : ({ kind: 'local_path', path: image } as const);
