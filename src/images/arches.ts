import { ConfigError } from '../core/index.ts';

/** The processor architectures that images are built for, as QEMU names them. */
export const IMAGE_ARCHES = ['x86_64', 'aarch64'] as const;

/** One of {@link IMAGE_ARCHES}. */
export type ImageArch = (typeof IMAGE_ARCHES)[number];

/** What differs between architectures; nothing else in this room asks which one it is. */
export interface ArchFacts {
  /** Debian's name of the architecture. */
  readonly debian: string;
  /** Node's name of it (`process.arch`), to know whether programs of that architecture run here as they are. */
  readonly node: string;
  /** The entry in binfmt_misc that runs its programs on another architecture. */
  readonly emulator: string;
  /** The empty package that depends on the current generic kernel. */
  readonly kernelPackage: string;
  /** The boot loader in package systemd-boot-efi, and the name under which firmware looks for it on the ESP. */
  readonly loader: string;
  readonly loaderOnEsp: string;
  /** The first serial port, as the kernel names it. */
  readonly serial: string;
  /** What the tiny guest's kernel is told of this architecture's emulated machines. */
  readonly options: readonly string[];
  /** Modules for the tiny guest that only this architecture's kernel has. */
  readonly modules: readonly string[];
}

/** The table of architectures. */
export const arches = {
  x86_64: {
    debian: 'amd64',
    node: 'x64',
    emulator: 'qemu-x86_64',
    kernelPackage: 'linux-image-amd64',
    loader: 'systemd-bootx64.efi',
    loaderOnEsp: 'BOOTX64.EFI',
    serial: 'ttyS0',
    // Else Linux takes the HPET for its clock, for which an emulated CPU has to wait for QEMU each time: two were seen to hang then. And it
    // panics where its timer comes late, as on a busy host; Fedora's cloud images are told not to look, either.
    options: ['tsc=reliable', 'no_timer_check'],
    modules: ['pvpanic-pci', 'pvpanic-mmio'],
  },
  aarch64: {
    debian: 'arm64',
    node: 'arm64',
    emulator: 'qemu-aarch64',
    kernelPackage: 'linux-image-arm64',
    loader: 'systemd-bootaa64.efi',
    loaderOnEsp: 'BOOTAA64.EFI',
    serial: 'ttyAMA0',
    options: [],
    // Debian builds this kernel without pvpanic. Without firmware the power button is a GPIO line of a PL061.
    modules: ['gpio-pl061', 'gpio_keys'],
  },
} as const satisfies Record<ImageArch, ArchFacts>;

/** `arch` if it is one we build for. @throws ConfigError otherwise. */
export function checkArch(arch: string): ImageArch {
  const known = IMAGE_ARCHES.find((name) => name === arch);
  if (known) return known;
  const message = `${JSON.stringify(arch)} is not an architecture; allowed: ${IMAGE_ARCHES.join(', ')}`;
  throw new ConfigError(`invalid arch: ${message}`, { issues: [{ path: 'arch', message }] });
}
