import { arches, type ImageArch } from './arches.ts';
import type { BuildHost } from './tools.ts';

/**
 * Programs that packages' scripts start by the thousand. They do the same on every architecture, and dpkg's essential
 * packages bring all of them, so that none is replaced while it is lent.
 */
const LENT = [
  ...['basename', 'bash', 'cat', 'chmod', 'chown', 'cp', 'cut', 'dash', 'date', 'dirname', 'dpkg-deb', 'expr', 'find'],
  ...['grep', 'gzip', 'head', 'id', 'install', 'ln', 'ls', 'mawk', 'md5sum', 'mkdir', 'mktemp', 'mv', 'readlink', 'rm'],
  ...['rmdir', 'sed', 'sort', 'stat', 'tail', 'tar', 'tempfile', 'test', 'touch', 'tr', 'uniq', 'wc', 'xargs'],
] as const;

/** Debian keeps libraries by architecture, so those of two can lie side by side in one root. */
const LIBRARIES = '/usr/lib/x86_64-linux-gnu';
const LOADER = '/lib64';

/**
 * Hooks for mmdebstrap that lend the host's own shell and basic tools to a root of another architecture while packages
 * are configured in it: emulated, their scripts take most of the time. Nothing of it stays in the root. Empty where
 * nothing is emulated, and on hosts whose layout is another.
 */
export function planNativeTools(arch: ImageArch, host: BuildHost): string[] {
  if (host.arch !== 'x64' || host.arch === arches[arch].node) return [];
  const lend = [
    'set -eu',
    // Only on Debian and its kin do the host's libraries lie out of the way of the root's.
    `[ -e ${LIBRARIES}/libc.so.6 ] && [ ! -e "$1${LOADER}" ] || exit 0`,
    `mkdir "$1${LOADER}" "$1${LIBRARIES}"`,
    `mount --bind ${LOADER} "$1${LOADER}"`,
    `mount --bind ${LIBRARIES} "$1${LIBRARIES}"`,
    `for tool in ${LENT.join(' ')}; do`,
    '  own=$(readlink -f "/usr/bin/$tool") && [ -f "$own" ] || continue',
    '  lent=$1/usr/bin/$tool',
    '  [ -f "$lent" ] && [ ! -L "$lent" ] || continue',
    '  mount --bind "$own" "$lent"',
    'done',
  ];
  const takeBack = [
    'set -eu',
    `for tool in ${LENT.join(' ')}; do`,
    '  if mountpoint -q "$1/usr/bin/$tool"; then umount "$1/usr/bin/$tool"; fi',
    'done',
    `for dir in ${LOADER} ${LIBRARIES}; do`,
    '  if mountpoint -q "$1$dir"; then umount "$1$dir"; rmdir "$1$dir"; fi',
    'done',
  ];
  return [`--essential-hook=${lend.join('\n')}`, `--customize-hook=${takeBack.join('\n')}`];
}
