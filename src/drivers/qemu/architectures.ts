/** The architectures a machine may have. */
export const ARCH_NAMES = ['x86_64', 'aarch64'] as const;
export type Arch = (typeof ARCH_NAMES)[number];

/** How QEMU runs the guest's instructions. */
export const ACCELERATOR_NAMES = ['kvm', 'hvf', 'tcg'] as const;
export type AcceleratorName = (typeof ACCELERATOR_NAMES)[number];

/** The display devices a machine may have. */
export const DISPLAY_NAMES = ['virtio-gpu', 'vga', 'bochs', 'none'] as const;
export type DisplayName = (typeof DISPLAY_NAMES)[number];

/** What is peculiar to an architecture. Nothing outside this table asks which one it is. */
export interface Architecture {
  readonly binary: string;
  /** Debian's names of the packages with QEMU and with the UEFI firmware. */
  readonly packages: { readonly qemu: string; readonly firmware: string };
  readonly machine: string;
  /** The machine types whose devices are planned here. */
  readonly machines: RegExp;
  /** What the versioned name of the default machine starts with; firmware descriptors speak of those. */
  readonly machinePrefix: string;
  /** Further properties of the machine, by accelerator. */
  readonly machineProperties: Readonly<Record<AcceleratorName, readonly string[]>>;
  readonly cpu: Readonly<Record<AcceleratorName, string>>;
  readonly display: DisplayName;
  readonly displayDevices: Readonly<Record<Exclude<DisplayName, 'none'>, string>>;
  /** The size that both flash files must have, where the machine insists on one. */
  readonly flashSize: number | null;
  readonly hasBios: boolean;
  /** The folder of this architecture in the archive of prebuilt firmware. */
  readonly prebuiltFolder: string;
}

const MAX = 'max';
const HOST = 'host';

/** The quirks of each architecture. */
export const ARCHITECTURES = {
  x86_64: {
    binary: 'qemu-system-x86_64',
    packages: { qemu: 'qemu-system-x86', firmware: 'ovmf' },
    machine: 'q35',
    machines: /^(?:q35|pc-q35-\d+(?:\.\d+)+)$/,
    machinePrefix: 'pc-q35-',
    machineProperties: { kvm: [], hvf: [], tcg: [] },
    cpu: { kvm: HOST, hvf: HOST, tcg: MAX },
    // Firmware and kernels (bochs-drm) alike draw on it; virtio's picture begins only when its driver is loaded.
    display: 'vga',
    displayDevices: { 'virtio-gpu': 'virtio-vga', vga: 'VGA', bochs: 'bochs-display' },
    flashSize: null,
    hasBios: true,
    prebuiltFolder: 'x64',
  },
  aarch64: {
    binary: 'qemu-system-aarch64',
    packages: { qemu: 'qemu-system-arm', firmware: 'qemu-efi-aarch64' },
    machine: 'virt',
    machines: /^virt(?:-\d+(?:\.\d+)+)?$/,
    machinePrefix: 'virt-',
    // Version 2 ends at eight CPUs. Under KVM it must be the host's; HVF knew only version 2 before QEMU 8.
    machineProperties: { kvm: ['gic-version=host'], hvf: [], tcg: ['gic-version=3'] },
    // Pointer authentication by the architecture's own algorithm makes emulation several times slower.
    cpu: { kvm: HOST, hvf: HOST, tcg: 'max,pauth-impdef=on' },
    // There is no VGA on this architecture that a kernel may map as it likes.
    display: 'virtio-gpu',
    displayDevices: { 'virtio-gpu': 'virtio-gpu-pci', vga: 'VGA', bochs: 'bochs-display' },
    flashSize: 64 * 2 ** 20,
    hasBios: false,
    prebuiltFolder: 'aarch64',
  },
} as const satisfies Record<Arch, Architecture>;

/** What is peculiar to `arch`. */
export const architectureOf = (arch: Arch): Architecture => ARCHITECTURES[arch];

/** The architecture of this host, if machines of it can be made. */
export function hostArch(): Arch | undefined {
  const names: Partial<Record<NodeJS.Architecture, Arch>> = { x64: 'x86_64', arm64: 'aarch64' };
  return names[process.arch];
}

/** The versioned name of a machine type: `q35` of QEMU 7.2.22 is `pc-q35-7.2`. */
export function versionedMachine(arch: Arch, machine: string, qemuVersion: string): string {
  const { machine: alias, machinePrefix } = ARCHITECTURES[arch];
  const [major, minor] = qemuVersion.split('.');
  return machine === alias ? `${machinePrefix}${major}.${minor}` : machine;
}
