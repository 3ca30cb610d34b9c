import { arches, type ImageArch } from './arches.ts';
import { DEBIAN_PACKAGES, DISK_MODULES, DPKG_RULES } from './debian-packages.ts';
import { debianTree } from './debian-tree.ts';
import { DISK_INIT } from './init-script.ts';
import type { Recipe, TreeEntry } from './recipe.ts';

/** Everything that decides what is in a Debian image, as plain data. */
export interface DebianRecipe extends Recipe {
  readonly suite: string;
  readonly packages: readonly string[];
  readonly dpkgRules: readonly string[];
  readonly tree: readonly TreeEntry[];
  /** Removed after the packages are in: what belongs to one machine, or to the host that built it. */
  readonly remove: readonly string[];
  readonly initramfs: { readonly init: string; readonly modules: readonly string[] };
  readonly boot: { readonly options: string; readonly loader: string; readonly loaderOnEsp: string };
  /** In MiB; the ESP begins at the first, the root follows it up to the end. */
  readonly disk: { readonly size: number; readonly esp: number };
  readonly rootLabel: string;
}

/** The recipe of the Debian 12 test image. */
export function debianRecipe(arch: ImageArch): DebianRecipe {
  const { kernelPackage, serial, loader, loaderOnEsp } = arches[arch];
  const rootLabel = 'rootfs';
  return {
    name: 'debian-12',
    arch,
    format: 1,
    suite: 'bookworm',
    packages: [kernelPackage, ...DEBIAN_PACKAGES],
    dpkgRules: DPKG_RULES,
    tree: debianTree(DPKG_RULES),
    remove: [
      ...['etc/apt/sources.list', 'etc/apt/apt.conf.d/99mmdebstrap', 'etc/dpkg/dpkg.cfg.d/99mmdebstrap'],
      ...[
        'etc/ssh/ssh_host_*',
        'var/lib/apt/lists/*_*',
        'var/cache/apt/*.bin',
        'var/log/apt/*',
        'var/log/dpkg.log',
      ],
    ],
    initramfs: { init: DISK_INIT, modules: DISK_MODULES },
    boot: {
      loader,
      loaderOnEsp,
      // Permissive until cloud-init is done: under enforcement it finds no data source with Debian's policy.
      options: `root=LABEL=${rootLabel} rw console=tty0 console=${serial} security=selinux selinux=1 enforcing=0`,
    },
    disk: { size: 4_096, esp: 128 },
    rootLabel,
  };
}
