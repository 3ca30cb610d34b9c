import { createHash } from 'node:crypto';
import { QemuConfig } from '../config.ts';
import type { HostFacts } from '../host-facts.ts';
import type { Partition } from '../storage/media.ts';

/** Everything that decides what a machine is once it has booted. */
export interface BootInputs {
  readonly config: QemuConfig;
  readonly host: Pick<HostFacts, 'platform' | 'qemu' | 'accelerator' | 'firmware'>;
  /** What was flashed: the SHA-256 of its content. */
  readonly contents: Readonly<Partial<Record<Partition, string>>>;
  /** Each file of the host that the machine reads, with what tells this state of it from any other. */
  readonly files: Readonly<Record<string, string>>;
  /** The user, keys and addresses that the machine was given. */
  readonly identity: string;
  /** The model of the host's CPU: a guest has seen what it can do. */
  readonly hostCpu: string;
}

/** Changes with what is kept, or how. */
const FORMAT = 1;

/** The fields that decide a boot, with their values. `image` is one of them by what was flashed. */
export function keyFields(config: QemuConfig): Record<string, unknown> {
  const fields = Object.entries(QemuConfig.shape).filter(([, schema]) => schema.meta()?.['boot'] === 'key');
  const names = fields.map(([name]) => name).filter((name) => name !== 'image');
  return Object.fromEntries(names.map((name) => [name, config[name as keyof QemuConfig]]));
}

/**
 * The name of a boot: two machines that agree in it can stand in for each other, and any difference that a guest might have seen
 * makes another name.
 */
export function bootKey({ config, host, contents, files, identity, hostCpu }: BootInputs): string {
  const { qemu, accelerator, firmware } = host;
  const emulated = accelerator.name === 'tcg';
  return digest({
    format: FORMAT,
    fields: keyFields(config),
    contents,
    files,
    identity,
    platform: host.platform,
    qemu: { binary: qemu.binary, version: qemu.version, devices: [...qemu.devices].sort() },
    accelerator: accelerator.name,
    firmware,
    // An emulated CPU is the same everywhere.
    hostCpu: emulated ? null : hostCpu,
  });
}

/** The name of all machines whose configuration decides the same. */
export const configKey = (config: QemuConfig): string =>
  digest({ format: FORMAT, fields: keyFields(config) });

const digest = (value: unknown): string =>
  createHash('sha256').update(JSON.stringify(value, sorted)).digest('hex');

/** The same text whatever the order in which fields were written. */
function sorted(_key: string, value: unknown): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  return Object.fromEntries(Object.entries(value).sort(([a], [b]) => (a < b ? -1 : 1)));
}
