import { z } from 'zod';
import { CONSOLE_FAULT_EVENTS, PoolSizes, SizeText } from '../../interfaces/index.ts';
import { ACCELERATOR_NAMES, ARCH_NAMES, DISPLAY_NAMES, hostArch } from './architectures.ts';
import { checkConfig } from './config-checks.ts';

/**
 * Whether a field makes a machine what it is once it has booted (`key`), or belongs to one running of it (`instance`).
 * Machines that agree in all of the first kind can stand in for each other.
 */
export type BootRole = 'key' | 'instance';

const field = <S extends z.ZodType>(boot: BootRole, schema: S, description: string): S =>
  schema.meta({ description, boot });

const Path = z.string().min(1, 'expected the path of a file');
const Port = (least: number) => z.int().min(least).max(65_535);
const Ipv4 = z.ipv4({ error: "expected an IPv4 address such as '127.0.0.1'" });
const HostName = z
  .string()
  .regex(
    /^(?!-)[A-Za-z0-9-]{1,63}(?<!-)(?:\.(?!-)[A-Za-z0-9-]{1,63}(?<!-))*$/,
    'expected letters, digits and hyphens',
  );
const UserName = z
  .string()
  .regex(
    /^[a-z_][a-z0-9_-]{0,31}$/,
    'expected small letters, digits, hyphens and underscores, a letter first',
  );
const PublicKey = z
  .string()
  .regex(
    /^(?:ssh|ecdsa|sk)-[\w@.-]+ [A-Za-z0-9+/=]+/,
    "expected a line as in a .pub file: 'ssh-ed25519 AAAA...'",
  );
function reads(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}

const ForwardName = z
  .string()
  .regex(/^[A-Za-z_][\w-]*$/, 'expected letters, digits, hyphens and underscores, a letter first');

/** A port of the guest that is reached on the host. */
export const Forward = z.strictObject({
  guestPort: Port(1),
  hostPort: Port(0).default(0),
  hostAddress: Ipv4.default('127.0.0.1'),
  protocol: z.literal('tcp').default('tcp'),
});
export type Forward = z.output<typeof Forward>;

/** A disk beside the root disk. QEMU never guesses its format. */
export const ExtraDisk = z.strictObject({
  path: Path,
  format: z.enum(['raw', 'qcow2']),
  readonly: z.boolean().default(false),
});

const FirmwareFiles = z.strictObject({ code: Path, vars: Path });
const YamlOrText = z.union([z.string(), z.record(z.string(), z.unknown())], {
  error: 'expected the text, or an object that becomes YAML',
});
const CloudInit = z.strictObject({ userData: YamlOrText.optional(), networkConfig: YamlOrText.optional() });
const Partitions = z.strictObject({
  root: Path.optional(),
  bios: Path.optional(),
  'OVMF_CODE.fd': Path.optional(),
  'OVMF_VARS.fd': Path.optional(),
});

const Pattern = z.string().refine((text) => reads(() => new RegExp(text)), 'expected a regular expression');
/** When a machine has booted: all that is named has come, in this order. */
export const BootReady = z
  .strictObject({
    /** What the console has shown since the power-on. */
    console: Pattern.optional(),
    /** Its guest agent answers. */
    agent: z.literal(true).optional(),
    /** The agent runs this, and it succeeds: `['cloud-init', 'status', '--wait']`. */
    command: z.tuple([z.string().min(1)], z.string()).optional(),
  })
  .refine((ready) => Object.keys(ready).length > 0, 'expected `console`, `agent` or `command`');
export type BootReady = z.output<typeof BootReady>;

const Boot = z.strictObject({
  remember: z.boolean(),
  ready: BootReady.default({ console: 'login: $' }),
});

const fields = {
  arch: field(
    'key',
    z.enum(ARCH_NAMES).default(() => hostArch() ?? 'x86_64'),
    "Architecture of the guest. Default: the host's",
  ),
  machine: field(
    'key',
    z.string().optional(),
    'QEMU machine type: `q35` or `virt`, or one of their versions. Default: by architecture',
  ),
  cpu: field(
    'key',
    z.string().min(1).optional(),
    'QEMU CPU model, with its properties. Default: the best that the accelerator offers',
  ),
  cpus: field('key', z.int().min(1).max(255).default(2), 'Number of virtual CPUs'),
  memory: field('key', SizeText.default('1GiB'), 'Memory of the guest, in whole MiB'),
  diskSize: field(
    'key',
    SizeText.optional(),
    "Size of the root disk, at least the image's; without an image, an empty disk of this size",
  ),
  hostname: field('key', HostName.default('dut'), 'Host name, given by cloud-init'),
  username: field(
    'key',
    UserName.default('jumplead'),
    'User made by cloud-init; may use sudo without a password',
  ),
  password: field('key', z.string().min(1).optional(), 'Password of that user. Default: a random one'),
  authorizedKeys: field(
    'key',
    z.array(PublicKey).default([]),
    "Public ssh keys that may log in, beside the machine's own",
  ),
  cloudInit: field(
    'key',
    z
      .union([z.literal(false), CloudInit], {
        error: 'expected {userData, networkConfig}, or false for none',
      })
      .optional(),
    'Your own `userData` (merged) and `networkConfig` (taken as it is); `false` leaves the seed disk out',
  ),
  network: field(
    'key',
    z.enum(['user', 'isolated', 'none']).default('user'),
    '`user`: out through the host; `isolated`: no way out, forwards still work; `none`: no network card',
  ),
  forwards: field(
    'instance',
    z.record(ForwardName, Forward).default({}),
    'Ports of the guest reached on the host, by name. `hostPort: 0` chooses a free one. `ssh` (22) is always there',
  ),
  disks: field(
    'key',
    z.array(ExtraDisk).max(16).default([]),
    'Further disks, written in place unless `readonly`',
  ),
  cdrom: field('key', Path.optional(), 'ISO image in a CD drive'),
  firmware: field(
    'key',
    z
      .union([z.enum(['uefi', 'bios']), FirmwareFiles], { error: "expected 'uefi', 'bios' or {code, vars}" })
      .optional(),
    '`uefi` (default), `bios` (x86_64 only), or the files of a UEFI build',
  ),
  kernel: field('key', Path.optional(), 'Linux kernel to start directly, without firmware and boot loader'),
  initrd: field('key', Path.optional(), 'Initial RAM disk of that kernel'),
  append: field('key', z.string().optional(), 'Command line of that kernel'),
  partitions: field(
    'key',
    Partitions.default({}),
    'Used where nothing was flashed: `root`, `bios`, `OVMF_CODE.fd`, `OVMF_VARS.fd`, each a path',
  ),
  accelerator: field(
    'key',
    z.enum(['auto', ...ACCELERATOR_NAMES]).default('auto'),
    '`auto` takes KVM or HVF where it is proven to work, and emulation (`tcg`) elsewhere',
  ),
  display: field(
    'key',
    z.enum(DISPLAY_NAMES).optional(),
    'Display device. Default: `vga` on x86_64, `virtio-gpu` on aarch64',
  ),
  tolerate: field(
    'instance',
    z.array(z.enum(CONSOLE_FAULT_EVENTS)).default([]),
    'What its console may show without being a fault of this machine: `FIRMWARE_SHELL`, `GUEST_OOPS`, ...',
  ),
  extraArgs: field('key', z.array(z.string()).default([]), 'Added to the QEMU command line as they are'),
  boot: field(
    'key',
    Boot.optional(),
    '`{ remember: true, ready: { console, agent, command } }`: what has booted once resumes from there after the next flash',
  ),
  pool: field(
    'instance',
    PoolSizes.optional(),
    '`{ min, max }`: the machine is booted once, when it is opened, and forks of it are kept ready: the first power-on after a flash of the same content is one of them',
  ),
  bootLimit: field(
    'instance',
    SizeText.default('20GiB'),
    'Most that remembered boots may have on the disk, of all machines together; then the one that was not used for longest is dropped',
  ),
  image: field(
    'key',
    Path.optional(),
    'Image (path, URL, or name of one that was built or pulled) that is flashed when the machine is opened',
  ),
  consoleLimit: field(
    'instance',
    SizeText.default('256MiB'),
    'Most that the transcript of the console may have on the disk, 1MiB or more; then its oldest part is dropped',
  ),
  tbSize: field(
    'instance',
    SizeText.default('512MiB'),
    'Most memory that emulation uses for translated code, in whole MiB',
  ),
};

/** The configuration of a virtual machine. */
export const QemuConfig = z.strictObject(fields).superRefine((config, context) => {
  for (const { path, message } of checkConfig(config)) context.addIssue({ code: 'custom', path, message });
});
export type QemuConfigInput = z.input<typeof QemuConfig>;
export type QemuConfig = z.output<typeof QemuConfig>;

/** The forwards a machine has: those of its configuration, and one to its ssh server unless `ssh` is among them. */
export function effectiveForwards(config: QemuConfig): Readonly<Record<string, Forward>> {
  if (config.network === 'none') return {};
  return { ssh: Forward.parse({ guestPort: 22 }), ...config.forwards };
}
