/** The package managers that are known. */
export type PackageManager = 'apt' | 'dnf' | 'pacman' | 'brew';

/** The package with something, by package manager; `null`: there is none; left out: not needed on such a system. */
export type Packages = { readonly [manager in PackageManager]?: string | null };

/** Something that a host must have, and where it is to be had. */
export interface Need extends Packages {
  /** What it is for, as said before it is installed. */
  readonly why: string;
  /**
   * Any one of these will do: a program by its name, a file by its absolute path, or a command that must succeed (recognised
   * by its spaces).
   */
  readonly anyOf: readonly string[];
  /** Where Ubuntu's package differs from Debian's. */
  readonly ubuntu?: string | null;
  /** Root can do without. */
  readonly rootless?: boolean;
}

/** What a need is called. */
export type NeedId =
  | 'qemu-x86_64'
  | 'qemu-aarch64'
  | 'qemu-img'
  | 'uefi-x86_64'
  | 'uefi-aarch64'
  | 'bios-x86_64'
  | 'boot-rom'
  | 'mmdebstrap'
  | 'apt-get'
  | 'dpkg-deb'
  | 'debian-keys'
  | 'qemu-user'
  | 'binfmts'
  | 'arch-test'
  | 'newuidmap'
  | 'setfiles'
  | 'sfdisk'
  | 'mtools'
  | 'mke2fs'
  | 'iso'
  | 'xz'
  | 'bzip2'
  | 'zstd'
  | 'ssh'
  | 'setpriv';

/** What machines and images need. */
export declare const MACHINE_NEEDS: Readonly<Record<NeedId, Need>>;
