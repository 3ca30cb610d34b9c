import { arches, type ImageArch } from './arches.ts';
import type { BuildHost } from './tools.ts';

/** Programs that packages' scripts start by the thousand, and the few that compute for minutes when emulated. */
const LENT = [
  ...[
    'basename',
    'bash',
    'cat',
    'chgrp',
    'chmod',
    'chown',
    'cmp',
    'cp',
    'cut',
    'dash',
    'date',
    'diff',
    'dirname',
  ],
  ...[
    'dpkg-deb',
    'dpkg-split',
    'egrep',
    'env',
    'expr',
    'fgrep',
    'find',
    'grep',
    'gzip',
    'head',
    'id',
    'install',
    'ln',
  ],
  ...[
    'ls',
    'mawk',
    'md5sum',
    'mkdir',
    'mktemp',
    'mv',
    'perl',
    'printf',
    'python3.11',
    'readlink',
    'rm',
    'rmdir',
    'sed',
  ],
  ...[
    'sort',
    'stat',
    'tail',
    'tar',
    'test',
    'touch',
    'tr',
    'true',
    'uname',
    'uniq',
    'update-alternatives',
    'wc',
    'xargs',
  ],
].map((name) => `/bin/${name}`);

/** The SELinux policy is the same for all architectures; compiling it emulated takes minutes. */
const LENT_ELSEWHERE = ['/sbin/semodule', '/libexec/selinux/hll/pp'];

/** Debian keeps libraries by architecture, so those of two can lie side by side in one root. */
const LIBRARIES = '/usr/lib/x86_64-linux-gnu';

/**
 * Hooks for mmdebstrap that lend the host's own shell, Perl, Python and basic tools to a root of another architecture
 * while its packages are installed: emulated, their scripts take four times as long. The packages' own programs lie
 * beside them (dpkg diverts them) and get their places back at the end; nothing of ours stays. Only a host of the same
 * Debian release has the same programs; on others, and where nothing is emulated, the hooks do nothing.
 */
export function planNativeTools(arch: ImageArch, suite: string, host: BuildHost): string[] {
  if (host.arch !== 'x64' || host.arch === arches[arch].node) return [];
  const tools = [...LENT, ...LENT_ELSEWHERE].join(' ');
  const lend = [
    'set -eu',
    `. /etc/os-release; [ "\${ID:-} \${VERSION_CODENAME:-}" = 'debian ${suite}' ] || exit 0`,
    `mkdir "$1${LIBRARIES}" "$1/usr/lib64"`,
    'ln -s usr/lib64 "$1/lib64"',
    `ln -s ../lib/x86_64-linux-gnu/ld-linux-x86-64.so.2 "$1/usr/lib64/"`,
    `mount --bind -o ro ${LIBRARIES} "$1${LIBRARIES}"`,
    `for tool in ${tools}; do`,
    '  [ -f "/usr$tool" ] || continue',
    '  mkdir -p "$(dirname "$1/usr$tool")"',
    '  if [ -e "$1/usr$tool" ]; then mv "$1/usr$tool" "$1/usr$tool.lent"; fi',
    '  cp "/usr$tool" "$1/usr$tool"',
    // Packages name such a file with or without /usr; both mean the same.
    '  printf \'%s\\n%s.lent\\n:\\n\' "$tool" "$tool" "/usr$tool" "/usr$tool"',
    'done >>"$1/var/lib/dpkg/diversions"',
  ];
  const takeBack = [
    'set -eu',
    `mountpoint -q "$1${LIBRARIES}" || exit 0`,
    `for tool in ${tools}; do`,
    '  if [ -e "$1/usr$tool.lent" ]; then mv -f "$1/usr$tool.lent" "$1/usr$tool"; fi',
    'done',
    `umount "$1${LIBRARIES}"`,
    `rm "$1/lib64" "$1/usr/lib64/ld-linux-x86-64.so.2"`,
    `rmdir "$1/usr/lib64" "$1${LIBRARIES}"`,
    'diversions=$1/var/lib/dpkg/diversions',
    "paste - - - <\"$diversions\" | sed '/\\.lent\\t/d' | tr '\\t' '\\n' >\"$diversions.new\"",
    'mv "$diversions.new" "$diversions"',
  ];
  return [`--extract-hook=${lend.join('\n')}`, `--customize-hook=${takeBack.join('\n')}`];
}
