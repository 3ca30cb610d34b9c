import { randomUUID } from 'node:crypto';
import { dirname, join } from 'node:path';
import { cacheDir, parseDuration, parseSize, Secrets, stateDir } from '../../core/index.ts';
import type { DriverNode, OpenContext } from '../../driver/index.ts';
import type { Machine, MachineDescription } from '../../interfaces/index.ts';
import { hostArch } from './architectures.ts';
import { effectiveForwards, type QemuConfig } from './config.ts';
import { locateFiles } from './config-files.ts';
import { Recorder } from './console/recorder.ts';
import { noteTranscript } from './console/salvage.ts';
import { SharedConsole } from './console/shared-console.ts';
import { gatherHost } from './host.ts';
import { hostSpeed } from './host-speed.ts';
import { createKeyPair, createMac, createPassword } from './keys.ts';
import { sweepLeftovers } from './leftovers.ts';
import { VirtualMachine } from './machine/machine.ts';
import { consoleNode } from './nodes/console.ts';
import { displayNode } from './nodes/display.ts';
import { flasherNode } from './nodes/flasher.ts';
import { forwardNode, sshNode } from './nodes/forward.ts';
import { machineNode } from './nodes/machine.ts';
import { powerNode } from './nodes/power.ts';
import { wrapper } from './plan/machine.ts';
import { planPace } from './plan/pace.ts';
import type { MachinePlan } from './plan/types.ts';
import { type Equipment, planPowerOn, prepareMachine } from './prepare.ts';
import { handOver, openRunFolder, usersOfRuns } from './run-folder.ts';
import { flashedDir } from './storage/content-store.ts';
import { ImageNotes } from './storage/image-notes.ts';
import { ImageStore } from './storage/image-store.ts';
import { registerRuns } from './storage/images-in-use.ts';
import { Media } from './storage/media.ts';
import { Trail } from './trail.ts';

/** Opens a machine: it is off, and everything it needs of this host has been found. */
export async function openMachine(
  config: QemuConfig,
  context: OpenContext,
): Promise<DriverNode<typeof Machine>> {
  await using stack = new AsyncDisposableStack();
  const artifacts = context.artifacts && join(context.artifacts, ...context.path.split('.'));
  const equipment = await equip(config, context, stack);
  const { run, pace, media } = equipment;
  const trail = stack.use(
    await Trail.open(artifacts ?? join(run.path, 'trail'), { lasting: artifacts !== undefined }),
  );
  const limit = parseSize(config.consoleLimit);
  if (artifacts !== undefined) await noteTranscript(run.sockets, { folder: artifacts, limit });
  const recorder = stack.use(
    await Recorder.open(trail.folder, {
      ...{ spool: run.sockets, limit, log: context.log },
      secrets: new Secrets([equipment.password]),
    }),
  );
  const console = new SharedConsole(recorder);
  stack.defer(() => console.close());
  let plan: MachinePlan | undefined;
  const machine = stack.use(
    new VirtualMachine({
      prepare: async (signal) => {
        plan = await prepareMachine(equipment, signal);
        return plan;
      },
      recorder,
      trail,
      tolerate: config.tolerate,
      onConsole: (input) => console.connect(input),
      log: context.log,
      shutdownDeadline: parseDuration('1m') * pace.factor,
    }),
  );
  const describe = async (signal: AbortSignal): Promise<MachineDescription> => {
    const current = machine.isOn && plan ? plan : await planPowerOn(equipment, signal);
    const forwards = machine.isOn ? machine.session('describe').forwards : {};
    const { command, description } = current;
    return {
      arch: config.arch,
      ...description,
      user: equipment.host.runsAs,
      command: [...command],
      forwards,
      artifacts: artifacts ?? null,
      pace,
    };
  };
  const children = {
    power: powerNode(machine),
    flasher: flasherNode(machine, media),
    console: consoleNode(console),
    ...(config.display !== 'none' && { vnc: displayNode(machine, run.path) }),
    ...networkNodes(machine, equipment),
  };
  const held = stack.move();
  return { ...machineNode(machine, equipment, describe, children), close: () => held.disposeAsync() };
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
  const reach = [dirname(run.path), dirname(run.sockets), join(images, 'content')];
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
    uuid: randomUUID(),
    mac: createMac(),
    password: config.password ?? createPassword(),
    keys: createKeyPair(`${config.username}@${config.hostname}`),
    sizes: {},
  };
}

const sourceOf = (image: string) =>
  /^https?:/.test(image)
    ? ({ kind: 'url', url: image } as const)
    : ({ kind: 'local_path', path: image } as const);

function networkNodes(
  machine: VirtualMachine,
  { config, keys, password }: Equipment,
): DriverNode['children'] {
  const { username } = config;
  // Without a seed disk nobody has told the guest of our key.
  const identity =
    config.cloudInit === false
      ? { username, privateKey: null, password: config.password ?? null }
      : { username, privateKey: keys.privateKey, password };
  return Object.fromEntries(
    Object.keys(effectiveForwards(config)).map((name) => [
      name,
      name === 'ssh' && !config.forwards['ssh'] ? sshNode(machine, identity) : forwardNode(machine, name),
    ]),
  );
}
