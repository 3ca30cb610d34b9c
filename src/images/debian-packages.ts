/** What the image has beyond Debian's minimal system. The kernel is the architecture's. */
export const DEBIAN_PACKAGES = [
  'systemd-sysv',
  'systemd-resolved',
  'systemd-boot-efi',
  'udev',
  'dbus',
  'openssh-server',
  'cloud-init',
  'cloud-guest-utils',
  'sudo',
  'iproute2',
  'python3',
  'e2fsprogs',
  'selinux-policy-default',
  'selinux-utils',
  'policycoreutils',
  'qemu-guest-agent',
  // Its static shell goes into the initramfs as well.
  'busybox-static',
] as const;

/** Folders and files of `drivers/` that a virtual machine may need; each is the beginning of a path. */
const DRIVERS = [
  ...[
    'acpi/',
    'ata/ahci',
    'ata/ata_',
    'ata/libahci',
    'ata/libata',
    'block/',
    'cdrom/',
    'char/hw_random/',
    'char/tpm/',
  ],
  ...['char/virtio_console', 'crypto/virtio/', 'firmware/', 'gpio/gpio-pl061', 'gpu/drm/drm', 'gpu/drm/qxl/'],
  ...[
    'gpu/drm/tiny/',
    'gpu/drm/ttm/',
    'gpu/drm/virtio/',
    'hid/hid-generic',
    'hid/hid.',
    'hid/usbhid/',
    'i2c/algos/',
  ],
  ...[
    'i2c/busses/i2c-i801',
    'i2c/i2c-',
    'input/evdev',
    'input/ff-memless',
    'input/keyboard/atkbd',
    'input/mousedev',
  ],
  ...[
    'input/keyboard/gpio_keys',
    'input/misc/uinput',
    'input/mouse/psmouse',
    'input/serio/',
    'input/vivaldi-fmap',
  ],
  ...[
    'iommu/',
    'md/',
    'mfd/intel_pmc_bxt',
    'mfd/lpc_ich',
    'mfd/mfd-core',
    'misc/pvpanic/',
    'net/bonding/',
    'net/dummy',
  ],
  ...[
    'net/ethernet/intel/e1000/',
    'net/ethernet/intel/e1000e/',
    'net/ethernet/realtek/8139',
    'net/ifb',
    'net/ipvlan/',
  ],
  ...[
    'net/macvlan',
    'net/macvtap',
    'net/mii',
    'net/net_failover',
    'net/tap',
    'net/tun',
    'net/veth',
    'net/virtio_net',
  ],
  ...[
    'net/vrf',
    'net/vxlan/',
    'net/wireguard/',
    'nvme/common/',
    'nvme/host/',
    'platform/x86/wmi.',
    'ptp/',
    'rtc/',
  ],
  ...['scsi/scsi_', 'scsi/sd_mod', 'scsi/sg.', 'scsi/sr_mod', 'scsi/virtio_scsi', 'usb/common/', 'usb/core/'],
  ...['usb/host/', 'usb/storage/', 'vhost/', 'video/', 'virt/', 'virtio/', 'watchdog/'],
];

const FILE_SYSTEMS = [
  ...[
    '9p',
    'autofs',
    'binfmt_misc',
    'btrfs',
    'configfs',
    'efivarfs',
    'ext4',
    'fat',
    'fscache',
    'fuse',
    'isofs',
  ],
  ...['jbd2', 'mbcache', 'netfs', 'nls', 'overlayfs', 'quota', 'squashfs', 'xfs'],
];

const NETWORK = [
  ...[
    '802',
    '8021q',
    '9p',
    'bridge',
    'core',
    'ipv4',
    'ipv6',
    'key',
    'llc',
    'netfilter',
    'netlink',
    'packet',
    'sched',
  ],
  ...['tls', 'unix', 'vmw_vsock', 'xfrm'],
];

const KERNEL = '/lib/modules/*/kernel';

/**
 * Rules for dpkg: three quarters of the generic kernel's modules drive hardware that no virtual machine has, and
 * nobody reads manuals in a test image. The rules stay in the image, so that upgrades inside it keep to them.
 */
export const DPKG_RULES = [
  ...['drivers', 'fs', 'net', 'sound'].map((dir) => `path-exclude=${KERNEL}/${dir}/*`),
  ...DRIVERS.map((path) => `path-include=${KERNEL}/drivers/${path}*`),
  ...FILE_SYSTEMS.map((path) => `path-include=${KERNEL}/fs/${path}*`),
  ...NETWORK.map((path) => `path-include=${KERNEL}/net/${path}/*`),
  // The initramfs is ours: making Debian's takes minutes where the guest's programs are emulated.
  'path-exclude=/etc/kernel/postinst.d/initramfs-tools',
  ...['doc', 'info', 'lintian', 'locale', 'man'].map((dir) => `path-exclude=/usr/share/${dir}/*`),
  'path-include=/usr/share/doc/*/copyright',
  'path-include=/usr/share/locale/locale.alias',
] as const;

/** What the initramfs of a system on a disk loads: everything its root could be on. */
export const DISK_MODULES = [
  ...[
    'virtio_pci',
    'virtio_mmio',
    'virtio_blk',
    'virtio_scsi',
    'sd_mod',
    'ahci',
    'nvme',
    'crc32c_generic',
    'ext4',
  ],
] as const;
