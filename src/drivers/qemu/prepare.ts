import { constants } from 'node:fs';
import { chmod, chown, copyFile, stat } from 'node:fs/promises';
import type { ByteSize, Pace } from '../../core/index.ts';
import { renderCloudInit } from './cloud-init.ts';
import type { QemuConfig } from './config.ts';
import { memoryPlaces } from './host.ts';
import type { HostFacts } from './host-facts.ts';
import type { SshKeyPair } from './keys.ts';
import { planMachine } from './plan/plan-machine.ts';
import type { MachineFiles, MachinePlan, Origin, PlannedFile } from './plan/types.ts';
import type { RunFolder } from './run-folder.ts';
import { writeSeed } from './seed.ts';
import { createBlankDisk, createOverlay, growDisk } from './storage/disks.ts';
import type { ImageNotes } from './storage/image-notes.ts';
import type { Media } from './storage/media.ts';

/** What a machine is, from its opening to its end; what it is asked to be at the next power-on is in `sizes`. */
export interface Equipment {
  readonly config: QemuConfig;
  readonly host: HostFacts;
  /** By how much deadlines are stretched that nobody has asked for. */
  readonly pace: Pace;
  readonly run: RunFolder;
  readonly media: Media;
  /** What the run uses and nobody may clear away. */
  readonly notes: ImageNotes;
  readonly uuid: string;
  /** Another, from the next power-on, once the guest has renewed it. */
  mac: string;
  readonly password: string;
  readonly keys: SshKeyPair;
  readonly sizes: { memory?: ByteSize; diskSize?: ByteSize };
}

/**
 * Plans the next power-on and makes the files it needs; those that the machine has written to are kept.
 *
 * @param origin What it starts from, where it does not boot.
 * @throws ConfigError when a size does not fit the image, CapacityError when memory or disk have no room for it.
 */
export async function prepareMachine(
  equipment: Equipment,
  signal: AbortSignal,
  origin?: Origin,
): Promise<MachinePlan> {
  const plan = await planPowerOn(equipment, signal, origin);
  const making = plan.files.map(async (file) => {
    await makeFile(file, equipment, signal);
    await chmod(file.path, 0o600);
    if (plan.user) await chown(file.path, plan.user.uid, plan.user.gid);
  });
  // None is left on its way when another fails.
  await Promise.allSettled(making);
  await Promise.all(making);
  return plan;
}

/** What the next power-on would be. Nothing is made. @throws as `prepareMachine`. */
export async function planPowerOn(
  equipment: Equipment,
  signal: AbortSignal,
  origin?: Origin,
): Promise<MachinePlan> {
  const { config, host, sizes, run } = equipment;
  // What starts from another has the memory of that.
  const memory = origin ? [] : await memoryPlaces(run.path);
  const files = { ...(await gatherFiles(equipment, signal)), memory, origin };
  return planMachine({ ...config, ...sizes }, host, files);
}

async function gatherFiles(
  { run, media, uuid, mac }: Equipment,
  signal: AbortSignal,
): Promise<Omit<MachineFiles, 'memory'>> {
  const root = await media.image('root', { signal });
  const [bios, code, vars] = [
    await media.image('bios', { signal }),
    await media.image('OVMF_CODE.fd', { signal }),
    await media.image('OVMF_VARS.fd', { signal }),
  ].map((image) => image?.path ?? null);
  return {
    runDir: run.path,
    socketDir: run.sockets,
    uuid,
    mac,
    root: root ? { path: root.path, format: root.format, size: root.virtualSize } : null,
    bios: bios ?? null,
    code: code ?? null,
    vars: vars ?? null,
  };
}

async function makeFile(file: PlannedFile, equipment: Equipment, signal: AbortSignal): Promise<void> {
  const { path } = file;
  if (file.kind === 'seed') return await makeSeed(path, equipment, signal);
  if (file.kind === 'copy') return await copyFile(file.of, path, constants.COPYFILE_FICLONE);
  if (await isThere(path)) {
    if (file.size !== null) await growDisk(path, file.size, signal);
  } else if (file.kind === 'blank') await createBlankDisk(path, file.size);
  else await createOverlay(path, { path: file.backing, format: file.backingFormat }, file.size);
}

async function makeSeed(path: string, equipment: Equipment, signal: AbortSignal): Promise<void> {
  const { config, uuid, password, keys } = equipment;
  const seed = renderCloudInit(config, { instanceId: uuid, password, authorizedKeys: [keys.publicKey] });
  await writeSeed(path, seed, { signal });
}

async function isThere(path: string): Promise<boolean> {
  return await stat(path).then(
    () => true,
    () => false,
  );
}
