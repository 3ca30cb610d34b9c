import { access, readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { z } from 'zod';
import { type Arch, versionedMachine } from './architectures.ts';

/** A file of flash memory and how it is stored. */
export interface FlashFile {
  readonly path: string;
  readonly format: 'raw' | 'qcow2';
}

/** UEFI firmware in two flash devices: the code, and the template of the variables that each machine gets its own of. */
export interface UefiFirmware {
  readonly kind: 'uefi';
  readonly description: string;
  readonly code: FlashFile;
  readonly vars: FlashFile;
}

const Flash = z.object({ filename: z.string(), format: z.enum(['raw', 'qcow2']) });

/** The part of QEMU's `docs/interop/firmware.json` that is needed to choose a firmware. */
const Descriptor = z.object({
  description: z.string(),
  'interface-types': z.array(z.string()),
  // A mapping of another kind (`memory`, `kernel`) or mode (`combined`, `stateless`) has no variables of its own.
  mapping: z.object({
    device: z.literal('flash'),
    mode: z.literal('split').default('split'),
    executable: Flash,
    'nvram-template': Flash,
  }),
  targets: z.array(z.object({ architecture: z.string(), machines: z.array(z.string()) })),
  features: z.array(z.string()),
});
type Descriptor = z.output<typeof Descriptor>;

/** With these a plain machine does not start, or refuses what is not signed. */
const UNWANTED = ['requires-smm', 'secure-boot', 'enrolled-keys'];

/** What the firmware is for. `qemuVersion` gives an unversioned machine type the name that descriptors use. */
export interface FirmwareTarget {
  readonly arch: Arch;
  readonly machine: string;
  readonly qemuVersion: string;
}

/** The folders with descriptors, the most important first. `prefixes` are the installations to look in: `/usr`. */
export function descriptorFolders(env: NodeJS.ProcessEnv, prefixes: readonly string[]): string[] {
  const home = env['XDG_CONFIG_HOME'] ?? (env['HOME'] && join(env['HOME'], '.config'));
  return [...(home ? [home] : []), '/etc', ...new Set(prefixes.map((prefix) => join(prefix, 'share')))].map(
    (folder) => join(folder, 'qemu', 'firmware'),
  );
}

/** A firmware of the host's, and what it demands of a machine and of what it starts. */
export interface DescribedFirmware extends UefiFirmware {
  readonly features: readonly string[];
}

/** Whether a plain machine starts with it, and starts whatever it is given. */
export const isPlain = ({ features }: DescribedFirmware): boolean =>
  !features.some((feature) => UNWANTED.includes(feature));

/** The first plain firmware that fits. */
export async function findDescribedFirmware(
  folders: readonly string[],
  target: FirmwareTarget,
): Promise<UefiFirmware | undefined> {
  for await (const described of describedFirmware(folders, target)) {
    const { features: _, ...firmware } = described;
    if (isPlain(described)) return firmware;
  }
  return undefined;
}

/**
 * Every firmware that fits, as QEMU's own rules order them: by file name; a file of a more important folder hides the
 * one of the same name in another, and an empty one only hides. Descriptors whose files are not there are passed over.
 */
export async function* describedFirmware(
  folders: readonly string[],
  target: FirmwareTarget,
): AsyncGenerator<DescribedFirmware, void> {
  for (const path of await descriptorFiles(folders)) {
    const descriptor = await readDescriptor(path);
    if (!descriptor || !fits(descriptor, target)) continue;
    const { executable, 'nvram-template': template } = descriptor.mapping;
    if (!(await exist(executable.filename, template.filename))) continue;
    yield {
      kind: 'uefi',
      description: descriptor.description,
      code: { path: executable.filename, format: executable.format },
      vars: { path: template.filename, format: template.format },
      features: descriptor.features,
    };
  }
}

async function descriptorFiles(folders: readonly string[]): Promise<string[]> {
  const byName = new Map<string, string>();
  for (const folder of folders) {
    const names = await readdir(folder).catch(() => []);
    for (const name of names.filter((entry) => entry.endsWith('.json')))
      if (!byName.has(name)) byName.set(name, join(folder, name));
  }
  return [...byName].toSorted(([a], [b]) => (a < b ? -1 : 1)).map(([, path]) => path);
}

/** A descriptor that is empty, unreadable or of another kind is none of ours. */
async function readDescriptor(path: string): Promise<Descriptor | undefined> {
  try {
    return Descriptor.safeParse(JSON.parse(await readFile(path, 'utf8'))).data;
  } catch {
    return undefined;
  }
}

function fits(descriptor: Descriptor, { arch, machine, qemuVersion }: FirmwareTarget): boolean {
  const name = versionedMachine(arch, machine, qemuVersion);
  return (
    descriptor['interface-types'].includes('uefi') &&
    descriptor.targets.some(
      ({ architecture, machines }) => architecture === arch && machines.some((glob) => matches(glob, name)),
    )
  );
}

function matches(glob: string, name: string): boolean {
  const pattern = glob.replaceAll(/[^\w*-]/g, '\\$&').replaceAll('*', '.*');
  return new RegExp(`^${pattern}$`).test(name);
}

async function exist(...paths: string[]): Promise<boolean> {
  return Promise.all(paths.map((path) => access(path))).then(
    () => true,
    () => false,
  );
}
