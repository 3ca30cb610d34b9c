import { cacheDir, findProgram, LaunchError } from '../../core/index.ts';
import { type Arch, architectureOf } from './architectures.ts';
import { describedFirmware, descriptorFolders, isPlain, type UefiFirmware } from './firmware-descriptors.ts';
import { findDownloaded, PREBUILT } from './firmware-download.ts';
import { chooseAccelerator, installations } from './host.ts';
import type { Accelerator, QemuProgram } from './host-facts.ts';
import { findQemu } from './qemu-program.ts';

export { ARCH_NAMES, type Arch, hostArch } from './architectures.ts';
export type { Accelerator, QemuProgram } from './host-facts.ts';
export { findLeftovers, type LeftoverPlaces } from './leftovers.ts';

/** The QEMU of an architecture: whether there is one, and whether it starts. */
export type QemuSurvey =
  | { readonly state: 'works'; readonly program: QemuProgram }
  | { readonly state: 'missing'; readonly binary: string }
  | { readonly state: 'broken'; readonly binary: string; readonly reason: string };

/** UEFI firmware that is on this host, for the machine type that is the default. */
export interface FirmwareSurvey {
  readonly description: string;
  /** The file with its code. */
  readonly code: string;
  /** Where it is from: a package of the host's, or our download. */
  readonly source: 'host' | 'cache';
  /** It can insist on signed boot loaders. */
  readonly secureBoot: boolean;
  /** It has the keys to insist from the first start. */
  readonly enrolledKeys: boolean;
  /** Machines get such a one unless they ask for another: without secure boot. */
  readonly plain: boolean;
}

export interface SurveyOptions {
  readonly signal?: AbortSignal | undefined;
  /** Where downloads and what was learnt of this host are kept. */
  readonly cacheDir?: string;
}

/** Looks for the QEMU of `arch` and starts it, with a machine of nothing. */
export async function surveyQemu(arch: Arch, { signal }: SurveyOptions = {}): Promise<QemuSurvey> {
  const { binary: name } = architectureOf(arch);
  const binary = await findProgram([name]);
  if (binary === undefined) return { state: 'missing', binary: name };
  try {
    return { state: 'works', program: await findQemu(arch, { signal }) };
  } catch (error) {
    signal?.throwIfAborted();
    return { state: 'broken', binary, reason: error instanceof Error ? error.message : String(error) };
  }
}

/** All UEFI firmware of this host for `arch`, the one that machines get first among the plain ones. Downloads nothing. */
export async function surveyFirmware(
  arch: Arch,
  program: QemuProgram,
  options: SurveyOptions = {},
): Promise<FirmwareSurvey[]> {
  const found = await Array.fromAsync(hostFirmware(arch, program), (firmware) => ({
    description: firmware.description,
    code: firmware.code.path,
    source: 'host' as const,
    secureBoot: firmware.features.includes('secure-boot'),
    enrolledKeys: firmware.features.includes('enrolled-keys'),
    plain: isPlain(firmware),
  }));
  const downloaded = await findDownloaded(PREBUILT, arch, options.cacheDir ?? cacheDir());
  if (!downloaded) return found;
  const { description, code } = downloaded;
  const unsigned = { secureBoot: false, enrolledKeys: false, plain: true };
  return [...found, { description, code: code.path, source: 'cache', ...unsigned }];
}

/** The accelerator that machines of `arch` get, proven or remembered. Proves nothing with firmware that is not here. */
export async function surveyAccelerator(
  arch: Arch,
  program: QemuProgram,
  { signal, cacheDir: cache = cacheDir() }: SurveyOptions = {},
): Promise<Accelerator> {
  const firmware = async (): Promise<UefiFirmware> => {
    const plain = (await Array.fromAsync(hostFirmware(arch, program))).find(isPlain);
    const found = plain ?? (await findDownloaded(PREBUILT, arch, cache));
    if (found) return found;
    const message = `no UEFI firmware for ${arch} is installed`;
    throw new LaunchError(message, { command: program.binary, exitCode: null, signal: null, stderr: '' });
  };
  return chooseAccelerator({ arch, accelerator: 'auto' }, program, firmware, { cacheDir: cache, signal });
}

async function* hostFirmware(arch: Arch, program: QemuProgram) {
  const folders = descriptorFolders(process.env, await installations(program));
  const { machine } = architectureOf(arch);
  yield* describedFirmware(folders, { arch, machine, qemuVersion: program.version });
}
