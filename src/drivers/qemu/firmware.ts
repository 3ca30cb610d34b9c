import { open } from 'node:fs/promises';
import { type Arch, architectureOf } from './architectures.ts';
import type { QemuConfig } from './config.ts';
import {
  descriptorFolders,
  type FlashFile,
  findDescribedFirmware,
  type UefiFirmware,
} from './firmware-descriptors.ts';
import {
  type DownloadOptions,
  downloadFirmware,
  type FirmwareRelease,
  PREBUILT,
} from './firmware-download.ts';
import { HEADER_SIZE, readImageFacts } from './storage/image-format.ts';

/** What a machine starts with. */
export type Firmware =
  | UefiFirmware
  /** SeaBIOS; without a path the one that QEMU brings. */
  | { readonly kind: 'bios'; readonly description: string; readonly path?: string }
  /** None: QEMU loads the kernel itself. */
  | { readonly kind: 'none'; readonly description: string };

export interface FindFirmwareOptions extends DownloadOptions {
  /** The version of QEMU that the machine runs on. */
  readonly qemuVersion: string;
  /** The installations to look for descriptors in, the most important first: `/usr`, Homebrew's prefix. */
  readonly prefixes: readonly string[];
  readonly env?: NodeJS.ProcessEnv;
  /** What is downloaded where no descriptor fits. */
  readonly release?: FirmwareRelease;
}

/** The firmware that `config` asks for. @throws what `downloadFirmware` throws, where the host has none that fits. */
export async function findFirmware(config: QemuConfig, options: FindFirmwareOptions): Promise<Firmware> {
  const { arch, firmware = 'uefi', kernel } = config;
  if (kernel !== undefined) return { kind: 'none', description: 'none: the kernel is started directly' };
  if (firmware === 'bios') return { kind: 'bios', description: "SeaBIOS, QEMU's own" };
  if (firmware === 'uefi') return findUefi(arch, config.machine ?? architectureOf(arch).machine, options);
  return {
    kind: 'uefi',
    description: `UEFI, ${firmware.code}`,
    code: await flashFile(firmware.code),
    vars: await flashFile(firmware.vars),
  };
}

/** UEFI firmware for a machine type: through QEMU's descriptors, else the prebuilt release. */
export async function findUefi(
  arch: Arch,
  machine: string,
  options: FindFirmwareOptions,
): Promise<UefiFirmware> {
  const { env = process.env, prefixes, qemuVersion, release = PREBUILT } = options;
  const described = await findDescribedFirmware(descriptorFolders(env, prefixes), {
    arch,
    machine,
    qemuVersion,
  });
  return described ?? (await downloadFirmware(release, arch, options));
}

/** A file of the user's; its format is what its first bytes say. @throws ImageError when they say that it is none. */
async function flashFile(path: string): Promise<FlashFile> {
  await using file = await open(path);
  const { size } = await file.stat();
  const { buffer, bytesRead } = await file.read(Buffer.alloc(HEADER_SIZE), 0, HEADER_SIZE, 0);
  return { path, format: readImageFacts(buffer.subarray(0, bytesRead), size, path).format };
}
