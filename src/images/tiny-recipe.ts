import { ConfigError } from '../core/index.ts';
import { arches, type ImageArch } from './arches.ts';
import { TINY_INIT } from './init-script.ts';
import type { Recipe, TreeEntry } from './recipe.ts';

/** Everything that decides what is in a tiny guest, as plain data. */
export interface TinyRecipe extends Recipe {
  readonly suite: string;
  /** The package whose first dependency is the kernel's. */
  readonly kernelPackage: string;
  readonly shellPackage: string;
  readonly modules: readonly string[];
  readonly tree: readonly TreeEntry[];
  /** The kernel's command line. */
  readonly append: string;
}

const MODULES = [
  ...['virtio_pci', 'virtio_mmio', 'virtio_blk', 'virtio_scsi', 'sd_mod', 'virtio_rng', 'virtio_balloon'],
  ...[
    'virtio_console',
    'virtio_net',
    'af_packet',
    'crc32c_generic',
    'ext4',
    'vfat',
    'nls_cp437',
    'nls_ascii',
    'isofs',
  ],
  ...['evdev', 'button', 'qemu_fw_cfg', 'bochs', 'virtio-gpu'],
];

const PROFILE = `export PATH=/bin HOME=/root TERM=\${TERM:-linux}
export PS1='root@tiny:\\w# '
cd
`;

const DHCP = `#!/bin/sh
case "$1" in
  bound | renew)
    ip addr replace "$ip/$mask" dev "$interface"
    for gateway in $router; do ip route replace default via "$gateway" dev "$interface"; done
    for server in $dns; do echo "nameserver $server"; done >/etc/resolv.conf
    ;;
esac
`;

/** The recipe of the tiny guest. */
export function tinyRecipe(arch: ImageArch): TinyRecipe {
  const { kernelPackage, serial, options, modules } = arches[arch];
  return {
    name: 'tiny',
    arch,
    format: 1,
    suite: 'bookworm',
    kernelPackage,
    shellPackage: 'busybox-static',
    modules: [...MODULES, ...modules],
    tree: [
      { path: '/init', text: TINY_INIT, mode: 0o755 },
      { path: '/etc/issue', text: '' },
      { path: '/etc/passwd', text: 'root:x:0:0:root:/root:/bin/sh\n' },
      { path: '/etc/group', text: 'root:x:0:\n' },
      { path: '/etc/profile', text: PROFILE },
      { path: '/etc/udhcpc/default.script', text: DHCP, mode: 0o755 },
    ],
    append: ['console=tty0', `console=${serial}`, ...options].join(' '),
  };
}

/**
 * The kernel's command line of a tiny guest, with root's password if there is one.
 *
 * @throws ConfigError when the password is empty or has characters that end an option of the command line.
 */
export function tinyAppend(recipe: TinyRecipe, password: string | undefined): string {
  if (password === undefined) return recipe.append;
  if (/^[\x21\x23-\x7e]+$/.test(password)) return `${recipe.append} jumplead.password=${password}`;
  const message = 'must be printable ASCII without spaces and double quotes, and not empty';
  throw new ConfigError(`invalid password for the tiny guest: ${message}`, {
    issues: [{ path: 'password', message }],
  });
}
