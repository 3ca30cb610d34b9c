import { z } from 'zod';
import { SizeText } from '../../interfaces/index.ts';
import { architectureOf } from './architectures.ts';
import { QemuConfig, type QemuConfigInput } from './config.ts';

const { shape } = QemuConfig;

const Hostfwd = z.strictObject({
  protocol: z.literal('tcp').default('tcp'),
  hostaddr: z.string().default('127.0.0.1'),
  hostport: z.int().min(1).max(65_535),
  guestport: z.int().min(1).max(65_535),
});

const keys = {
  arch: shape.arch,
  cpu: shape.cpu.unwrap().nullish(),
  smp: z.int().default(2),
  mem: SizeText.default('512M'),
  disk_size: SizeText.nullish(),
  hostname: z.string().default('demo'),
  username: z.string().default('jumpstarter'),
  password: z.string().min(1).default('password'),
  default_partitions: shape.partitions,
  hostfwd: z.record(z.string(), Hostfwd).default({}),
  fls_version: z.string().nullish(),
  fls_allow_custom_binaries: z.boolean().optional(),
  fls_custom_binary_url: z.string().nullish(),
  flash_timeout: z.int().optional(),
  launcher_socket: z.null({ error: 'machines are started by the exporter itself; leave it out' }).optional(),
};
type Keys = z.output<z.ZodObject<typeof keys>>;

/** Our fields, by the keys that Python's driver has for them. */
const OURS: Readonly<Record<string, string>> = {
  ...{ smp: 'cpus', mem: 'memory', disk_size: 'diskSize' },
  ...{ default_partitions: 'partitions', hostfwd: 'forwards' },
  ...{ hostaddr: 'hostAddress', hostport: 'hostPort', guestport: 'guestPort' },
};
const PYTHONS = new Map(Object.entries(OURS).map(([python, ours]) => [ours, python]));

/** The configuration of Python's QEMU driver, with its defaults. What is wrong by our rules is told by its keys. */
export const PythonQemuConfig = z.strictObject(keys).superRefine((config, context) => {
  const { error } = QemuConfig.safeParse(translatePythonConfig(config), { reportInput: true });
  for (const issue of error?.issues ?? []) {
    const path = issue.path.map((key) => PYTHONS.get(String(key)) ?? key);
    context.addIssue({ ...issue, path });
  }
});

/** The same machine in our terms. */
export function translatePythonConfig(config: Keys): QemuConfigInput {
  const { arch, cpu, smp, mem, disk_size: diskSize, hostname, username, password, hostfwd } = config;
  const forwards = Object.entries(hostfwd).map(([name, { protocol, hostaddr, hostport, guestport }]) => [
    name,
    { protocol, hostAddress: hostaddr, hostPort: hostport, guestPort: guestport },
  ]);
  return {
    ...{ arch, hostname, username, password },
    ...{ cpus: smp, memory: mem, partitions: config.default_partitions, display: 'virtio-gpu' },
    forwards: Object.fromEntries(forwards),
    // Files of UEFI, flashed or among the partitions, make it a UEFI machine all the same.
    firmware: architectureOf(arch).hasBios ? 'bios' : 'uefi',
    ...(cpu && { cpu }),
    ...(diskSize && { diskSize }),
  };
}

const NO_EFFECT = [
  'fls_version',
  'fls_allow_custom_binaries',
  'fls_custom_binary_url',
  'flash_timeout',
] as const;

/** What Python's defaults and keys mean for whoever starts the exporter. */
export function pythonNotices(config: Keys): string[] {
  const { arch, mem, smp, username } = config;
  const firmware = architectureOf(arch).hasBios ? 'SeaBIOS unless OVMF files are given' : 'UEFI';
  const idle = NO_EFFECT.filter((key) => config[key]);
  return [
    `as Jumpstarter's QEMU driver: ${mem} of memory, ${smp} CPUs, ${firmware}`,
    ...(config.password === keys.password.def.defaultValue
      ? [`the user ${username} has the password that everybody knows; set password, or use type: qemu`]
      : []),
    ...(idle.length > 0 ? [`without effect: ${idle.join(', ')} (images are not flashed by fls here)`] : []),
  ];
}
