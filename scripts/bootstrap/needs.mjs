/**
 * What this repository needs of the host, and the package that has it on each kind of system: the one place that says so.
 *
 * @typedef {'demo' | 'test' | 'check'} Purpose
 * @typedef {'apt' | 'dnf' | 'pacman' | 'brew'} PackageManager
 *
 * @typedef {object} Need
 * @property {string} why  what it is for, as said before it is installed
 * @property {readonly Purpose[]} purposes
 * @property {readonly string[]} anyOf
 *   any one of these will do: a program by its name, a file by its absolute path, or a command that must succeed
 *   (recognised by its spaces)
 * @property {string | null} [apt]  the package; `null`: there is none; left out: not needed on such a system
 * @property {string | null} [dnf]
 * @property {string | null} [pacman]
 * @property {string | null} [brew]
 * @property {string | null} [ubuntu]  where Ubuntu's differs from Debian's
 * @property {boolean} [rootless]  root can do without
 */

/** @type {readonly Purpose[]} */
const MACHINE = ['demo', 'test'];

/** @type {readonly Need[]} */
export const NEEDS = [
  {
    why: 'x86_64 machines',
    purposes: MACHINE,
    anyOf: ['qemu-system-x86_64'],
    apt: 'qemu-system-x86',
    dnf: 'qemu-system-x86',
    pacman: 'qemu-system-x86',
    brew: 'qemu',
  },
  {
    why: 'aarch64 machines',
    purposes: MACHINE,
    anyOf: ['qemu-system-aarch64'],
    apt: 'qemu-system-arm',
    dnf: 'qemu-system-aarch64',
    pacman: 'qemu-system-aarch64',
    brew: 'qemu',
  },
  {
    why: 'disk images and overlays',
    purposes: MACHINE,
    anyOf: ['qemu-img'],
    apt: 'qemu-utils',
    dnf: 'qemu-img',
    pacman: 'qemu-img',
    brew: 'qemu',
  },
  {
    why: 'UEFI firmware for x86_64',
    purposes: MACHINE,
    anyOf: [
      '/usr/share/OVMF/OVMF_CODE_4M.fd',
      '/usr/share/OVMF/OVMF_CODE.fd',
      '/usr/share/edk2/ovmf/OVMF_CODE.fd',
      '/usr/share/edk2/x64/OVMF_CODE.4m.fd',
      '/opt/homebrew/share/qemu/edk2-x86_64-code.fd',
      '/usr/local/share/qemu/edk2-x86_64-code.fd',
    ],
    apt: 'ovmf',
    dnf: 'edk2-ovmf',
    pacman: 'edk2-ovmf',
    brew: 'qemu',
  },
  {
    why: 'UEFI firmware for aarch64',
    purposes: MACHINE,
    anyOf: [
      '/usr/share/AAVMF/AAVMF_CODE.fd',
      '/usr/share/edk2/aarch64/QEMU_EFI-pflash.raw',
      '/usr/share/edk2/aarch64/QEMU_CODE.fd',
      '/opt/homebrew/share/qemu/edk2-aarch64-code.fd',
      '/usr/local/share/qemu/edk2-aarch64-code.fd',
    ],
    apt: 'qemu-efi-aarch64',
    dnf: 'edk2-aarch64',
    pacman: 'edk2-aarch64',
    brew: 'qemu',
  },
  {
    why: 'BIOS firmware for x86_64',
    purposes: MACHINE,
    anyOf: [
      '/usr/share/seabios/bios-256k.bin',
      '/usr/share/qemu/bios-256k.bin',
      '/opt/homebrew/share/qemu/bios-256k.bin',
      '/usr/local/share/qemu/bios-256k.bin',
    ],
    apt: 'seabios',
    dnf: 'seabios-bin',
    pacman: 'seabios',
    brew: 'qemu',
  },
  {
    why: 'boot ROM of the network card',
    purposes: MACHINE,
    anyOf: [
      '/usr/lib/ipxe/qemu/efi-virtio.rom',
      '/usr/share/ipxe/qemu/efi-virtio.rom',
      '/usr/share/ipxe.efi/1af41000.rom',
      '/usr/share/qemu/efi-virtio.rom',
      '/opt/homebrew/share/qemu/efi-virtio.rom',
      '/usr/local/share/qemu/efi-virtio.rom',
    ],
    apt: 'ipxe-qemu',
    dnf: 'ipxe-roms-qemu',
    pacman: 'qemu-common',
    brew: 'qemu',
  },
  {
    why: "the test image's packages",
    purposes: MACHINE,
    anyOf: ['mmdebstrap'],
    apt: 'mmdebstrap',
    dnf: 'mmdebstrap',
    pacman: null,
    brew: null,
  },
  {
    why: "fetching Debian's packages",
    purposes: MACHINE,
    anyOf: ['apt-get'],
    apt: 'apt',
    dnf: 'apt',
    pacman: 'apt',
    brew: null,
  },
  {
    why: "unpacking Debian's packages",
    purposes: MACHINE,
    anyOf: ['dpkg-deb'],
    apt: 'dpkg',
    dnf: 'dpkg',
    pacman: 'dpkg',
    brew: 'dpkg',
  },
  {
    why: "the keys that sign Debian's packages",
    purposes: MACHINE,
    anyOf: ['/usr/share/keyrings/debian-archive-keyring.gpg'],
    apt: 'debian-archive-keyring',
    dnf: 'debian-keyring',
    pacman: 'debian-archive-keyring',
    brew: null,
  },
  {
    why: "running another architecture's programs while its image is built",
    purposes: MACHINE,
    anyOf: ['qemu-aarch64-static'],
    apt: 'qemu-user-static',
    dnf: 'qemu-user-static-aarch64',
    pacman: 'qemu-user-static',
    brew: null,
  },
  {
    why: 'telling the kernel about those programs',
    purposes: MACHINE,
    anyOf: ['update-binfmts'],
    // Elsewhere systemd does it.
    apt: 'binfmt-support',
  },
  {
    why: 'finding out which architectures run here',
    purposes: MACHINE,
    anyOf: ['arch-test'],
    apt: 'arch-test',
  },
  {
    why: 'building the image without being root',
    purposes: MACHINE,
    anyOf: ['newuidmap'],
    rootless: true,
    apt: 'uidmap',
    dnf: 'shadow-utils',
    pacman: 'shadow',
  },
  {
    why: "the image's SELinux labels",
    purposes: MACHINE,
    anyOf: ['setfiles'],
    apt: 'policycoreutils',
    dnf: 'policycoreutils',
    pacman: null,
    brew: null,
  },
  {
    why: "the image's partition table",
    purposes: MACHINE,
    anyOf: ['sfdisk'],
    apt: 'fdisk',
    dnf: 'util-linux-core',
    pacman: 'util-linux',
    brew: null,
  },
  {
    why: "the image's EFI partition",
    purposes: MACHINE,
    anyOf: ['mformat'],
    apt: 'mtools',
    dnf: 'mtools',
    pacman: 'mtools',
    brew: 'mtools',
  },
  {
    why: "the image's file system",
    purposes: MACHINE,
    anyOf: ['mke2fs'],
    apt: 'e2fsprogs',
    dnf: 'e2fsprogs',
    pacman: 'e2fsprogs',
    brew: 'e2fsprogs',
  },
  {
    why: "the disk with a machine's cloud-init data",
    purposes: MACHINE,
    anyOf: ['genisoimage', 'mkisofs', 'xorrisofs', 'xorriso'],
    apt: 'genisoimage',
    dnf: 'genisoimage',
    pacman: 'libisoburn',
    brew: 'xorriso',
  },
  {
    why: 'images compressed by xz',
    purposes: MACHINE,
    anyOf: ['xz'],
    apt: 'xz-utils',
    dnf: 'xz',
    pacman: 'xz',
    brew: 'xz',
  },
  {
    why: 'images compressed by bzip2',
    purposes: MACHINE,
    anyOf: ['bzip2'],
    apt: 'bzip2',
    dnf: 'bzip2',
    pacman: 'bzip2',
    brew: 'bzip2',
  },
  {
    why: 'packages and images compressed by zstd',
    purposes: MACHINE,
    anyOf: ['zstd'],
    apt: 'zstd',
    dnf: 'zstd',
    pacman: 'zstd',
    brew: 'zstd',
  },
  {
    why: 'ssh to the machine',
    purposes: MACHINE,
    anyOf: ['ssh'],
    apt: 'openssh-client',
    dnf: 'openssh-clients',
    pacman: 'openssh',
    brew: 'openssh',
  },
  {
    why: 'no QEMU outlives us',
    purposes: MACHINE,
    anyOf: ['setpriv'],
    apt: 'util-linux',
    dnf: 'util-linux',
    pacman: 'util-linux',
  },
  {
    why: "Python's packages of Jumpstarter, in an environment of their own",
    purposes: ['test'],
    anyOf: ['python3 -m ensurepip --version'],
    apt: 'python3-venv',
    dnf: 'python3',
    pacman: 'python',
    brew: 'python',
  },
  {
    why: 'a browser that looks at the page with the screen',
    purposes: ['test'],
    anyOf: ['chromium', 'chromium-browser', 'google-chrome'],
    apt: 'chromium',
    // Ubuntu's package only asks snapd for a snap, which containers do not have.
    ubuntu: null,
    dnf: 'chromium',
    pacman: 'chromium',
    brew: null,
  },
];
