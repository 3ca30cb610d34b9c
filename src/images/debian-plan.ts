import { type AptAccess, sourceLine } from './apt-sources.ts';
import { arches } from './arches.ts';
import type { DebianRecipe } from './debian-recipe.ts';
import type { BuildHost } from './tools.ts';

const MIB = 2 ** 20;

/** The name of the image among the files of a built one. */
export const DISK_IMAGE = 'disk.qcow2';

/** The files of a build, all in its working folder. */
export interface BuildFiles {
  readonly rootTar: string;
  readonly rootDir: string;
  readonly esp: string;
  readonly disk: string;
  readonly image: string;
}

/** A program and its arguments. */
export type Command = readonly [program: string, ...args: string[]];

/** Where the working folder keeps what. */
export function buildFiles(work: string): BuildFiles {
  return {
    rootTar: `${work}/root.tar`,
    rootDir: `${work}/rootfs`,
    esp: `${work}/esp`,
    disk: `${work}/disk.raw`,
    image: `${work}/out/${DISK_IMAGE}`,
  };
}

const DIES_WITH_US = ['setpriv', '--pdeathsig', 'KILL', '--'] as const;

/**
 * A command that unpacks or makes files of other owners: as it is for root, in a user namespace for others. Root's gets
 * namespaces too: whatever it mounts and starts is gone when it ends, even if it is killed, and it ends with us.
 */
export function asOwner(command: Command, host: BuildHost): Command {
  return host.isRoot
    ? [
        ...DIES_WITH_US,
        'unshare',
        '--mount',
        '--pid',
        '--fork',
        '--kill-child',
        '--mount-proc',
        '--',
        ...command,
      ]
    : ['mmdebstrap', '--unshare-helper', ...command];
}

/** Installs the packages, into a tar. */
export function planPackages(
  recipe: DebianRecipe,
  access: AptAccess,
  host: BuildHost,
  files: BuildFiles,
): Command {
  const command: Command = [
    'mmdebstrap',
    `--mode=${host.isRoot ? 'root' : 'unshare'}`,
    `--architectures=${arches[recipe.arch].debian}`,
    '--variant=minbase',
    '--format=tar',
    ...[...recipe.dpkgRules, 'force-unsafe-io'].map((rule) => `--dpkgopt=${rule}`),
    ...access.options.map((line) => `--aptopt=${line}`),
    `--include=${recipe.packages.join(',')}`,
    recipe.suite,
    files.rootTar,
    ...access.sources.map(sourceLine),
  ];
  // mmdebstrap makes its own namespaces unless it is root.
  return host.isRoot ? asOwner(command, host) : command;
}

const PACKAGE_PHASES = [
  ['I: running apt-get update', 'package lists'],
  ['I: downloading packages', 'download'],
  ['I: extracting archives', 'install'],
  ['I: creating tarball', 'collect'],
] as const;

/** The phase that begins with this line of mmdebstrap's, if one does. */
export function packagePhase(line: string): string | undefined {
  return PACKAGE_PHASES.find(([start]) => line.startsWith(start))?.[1];
}

/** Takes the boot parts out of the tar, as the user's own files. */
export function planBootParts(files: BuildFiles, to: string): Command {
  const members = ['./boot', './usr/lib/modules', './usr/lib/systemd/boot/efi', './usr/bin/busybox'];
  return ['tar', '-xf', files.rootTar, '-C', to, '--no-same-owner', '--no-same-permissions', ...members];
}

/** Adds our own files to the end of the tar: what comes later wins. */
export function planTree(files: BuildFiles, tree: string): Command {
  return ['tar', '-rf', files.rootTar, '-C', tree, '--owner=0', '--group=0', '--numeric-owner', '.'];
}

/**
 * Unpacks the tar (standard input), labels everything for SELinux, and writes the root file system to its place on the
 * disk (standard output). Root works in a folder; others in memory, where a user namespace may set labels.
 */
export function planRootFs(recipe: DebianRecipe, host: BuildHost, files: BuildFiles): Command {
  const { size, esp } = recipe.disk;
  const script = [
    'set -eu',
    ...(host.isRoot
      ? [`mkdir ${files.rootDir}`, `cd ${files.rootDir}`]
      : ['mem=$(mktemp -d)', 'mount -t tmpfs tmpfs "$mem"', 'cd "$mem"']),
    'mkdir root',
    'cd root',
    "tar -xp --numeric-owner --xattrs --xattrs-include='*'",
    `rm -rf ${recipe.remove.join(' ')}`,
    'setfiles -F -r . etc/selinux/default/contexts/files/file_contexts . >&2',
    `truncate -s ${size - esp - 2}M ../root.ext4`,
    `mke2fs -q -F -t ext4 -L ${recipe.rootLabel} -E lazy_itable_init=0,lazy_journal_init=0 -d . ../root.ext4 >&2`,
    `dd if=../root.ext4 bs=1M seek=${1 + esp} conv=sparse,notrunc status=none`,
  ].join('\n');
  const redirect = 'tar=$1; disk=$2; shift 2; exec "$@" <"$tar" 1<>"$disk"';
  return ['sh', '-c', redirect, 'sh', files.rootTar, files.disk, ...asOwner(['sh', '-c', script], host)];
}

/** The script for sfdisk. */
export function planPartitions(recipe: DebianRecipe): string {
  const sectors = (mib: number) => (mib * MIB) / 512;
  const { size, esp } = recipe.disk;
  return [
    'label: gpt',
    `start=${sectors(1)}, size=${sectors(esp)}, type=uefi, name=ESP`,
    `start=${sectors(1 + esp)}, size=${sectors(size - esp - 2)}, type=linux, name=root`,
    '',
  ].join('\n');
}

/** Makes the ESP inside the disk and copies the folder `files.esp` into it, without mounting anything. */
export function planEsp(recipe: DebianRecipe, files: BuildFiles, entries: readonly string[]): Command[] {
  const at = `${files.disk}@@${MIB}`;
  const sectors = String((recipe.disk.esp * MIB) / 512);
  return [
    ['mformat', '-i', at, '-T', sectors, '-h', '255', '-s', '63', '-F', '-v', 'ESP', '::'],
    ['mcopy', '-i', at, '-s', ...entries.map((entry) => `${files.esp}/${entry}`), '::/'],
  ];
}

/** The boot loader's own files on the ESP, by path. */
export function planLoader(recipe: DebianRecipe): Readonly<Record<string, string>> {
  return {
    'loader/loader.conf': 'timeout 0\ndefault debian.conf\n',
    'loader/entries/debian.conf': [
      'title Debian GNU/Linux 12',
      'linux /vmlinuz',
      'initrd /initrd.img',
      `options ${recipe.boot.options}`,
      '',
    ].join('\n'),
  };
}

/** What making the image may take, as every run of qemu-img is limited. */
const LIMITS = [`--as=${4 * 2 ** 30}`, '--cpu=3600', '--core=0'];

/** Makes the compressed image. */
export function planConvert(files: BuildFiles): Command {
  const convert = ['convert', '-c', '-f', 'raw', '-O', 'qcow2', '-o', 'compression_type=zstd'];
  return ['prlimit', ...LIMITS, '--', 'qemu-img', ...convert, files.disk, files.image];
}
