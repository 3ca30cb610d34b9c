import { readFile, realpath, statfs } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cacheDir, findProgram, type Log, type OnProgress } from '../../core/index.ts';
import { type AcceleratorHost, probeAccelerator } from './accelerator.ts';
import { architectureOf, hostArch } from './architectures.ts';
import type { QemuConfig } from './config.ts';
import { type FindFirmwareOptions, findFirmware, findUefi } from './firmware.ts';
import type { UefiFirmware } from './firmware-descriptors.ts';
import type { Accelerator, HostFacts, QemuProgram } from './host-facts.ts';
import { chooseUser, neededFiles } from './host-user.ts';
import { wrapper } from './plan/machine.ts';
import type { MemoryPlace } from './plan/types.ts';
import { findQemu } from './qemu-program.ts';

export interface GatherHostOptions {
  readonly log: Log;
  readonly signal?: AbortSignal | undefined;
  readonly onProgress?: OnProgress | undefined;
  /** Where downloads and what was learnt of this host are kept. */
  readonly cacheDir?: string;
  /** Folders that QEMU must be able to enter, beside what the configuration names. */
  readonly reach?: readonly string[];
  /** Users that other machines run as. */
  readonly taken?: readonly number[] | undefined;
}

/**
 * Looks at this host for a machine of `config`: QEMU, firmware, accelerator, and whom to run it as.
 *
 * @throws ConfigError, LaunchError, UnreachableError or ImageError when something that is needed is not to be had here.
 */
export async function gatherHost(config: QemuConfig, options: GatherHostOptions): Promise<HostFacts> {
  const { log, signal } = options;
  const cache = options.cacheDir ?? cacheDir();
  const qemu = await findQemu(config.arch, { signal });
  const setpriv = (await findProgram(['setpriv'])) ?? null;
  const prefixes = await installations(qemu);
  const search: FindFirmwareOptions = { ...options, cacheDir: cache, qemuVersion: qemu.version, prefixes };
  const firmware = await findFirmware(config, search);
  const machine = config.machine ?? architectureOf(config.arch).machine;
  const firmwareOfProof = () => findUefi(config.arch, machine, search);
  const accelerator = await chooseAccelerator(config, qemu, firmwareOfProof, { cacheDir: cache, signal });
  const folders = Object.fromEntries((options.reach ?? []).map((folder) => [folder, 'x'] as const));
  const files = { ...folders, ...neededFiles(config, firmware, accelerator.name) };
  const { user, reason } = await chooseUser(files, { setpriv, taken: options.taken });
  if (isRoot() && user === null)
    log.warn({ reason }, 'QEMU runs as root: a guest that breaks out of it has this host');
  log.info({ qemu: qemu.version, accelerator, firmware: firmware.description, user: reason }, 'host');
  return { platform: process.platform, qemu, accelerator, firmware, setpriv, user, runsAs: reason };
}

const isRoot = () => process.getuid?.() === 0;

/** The accelerator for `wish` on this host. `firmware` is what it is proven with, where that is not remembered. */
export async function chooseAccelerator(
  wish: Pick<QemuConfig, 'accelerator' | 'arch' | 'cpu' | 'machine'>,
  qemu: QemuProgram,
  firmware: () => Promise<UefiFirmware>,
  { cacheDir, signal }: { readonly cacheDir: string; readonly signal?: AbortSignal | undefined },
): Promise<Accelerator> {
  const setpriv = (await findProgram(['setpriv'])) ?? null;
  const host: AcceleratorHost = {
    platform: process.platform,
    arch: hostArch(),
    qemu,
    kvmDevice: '/dev/kvm',
    bootId: await readBootId(),
    cacheDir,
    wrapper: wrapper({ setpriv, user: null }),
    firmware,
  };
  return probeAccelerator(wish, host, { signal });
}

/** The installations to look for QEMU's firmware in, the most important first. */
export async function installations({ binary }: Pick<QemuProgram, 'binary'>): Promise<string[]> {
  return [dirname(dirname(await realpath(binary))), '/usr'];
}

/** Where a guest's memory may lie: in memory proper, else in a file of the machine's own folder. */
export async function memoryPlaces(runDir: string): Promise<MemoryPlace[]> {
  const folders = process.platform === 'linux' ? ['/dev/shm', runDir] : [runDir];
  return Promise.all(folders.map(async (folder) => ({ folder, free: await freeBytes(folder) })));
}

/** None where the folder is missing. */
const freeBytes = (folder: string) =>
  statfs(folder).then(
    ({ bavail, bsize }) => bavail * bsize,
    () => 0,
  );

const readBootId = () =>
  readFile(join('/proc/sys/kernel/random', 'boot_id'), 'utf8').then(
    (id) => id.trim(),
    () => undefined,
  );
