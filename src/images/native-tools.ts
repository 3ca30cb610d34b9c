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
 * while packages are installed on top of the essential ones: emulated, their scripts take several times as long. The
 * packages' own programs lie beside them (dpkg diverts them) and get their places back at the end; nothing of ours
 * stays. Copies, no mounts: whoever clears the root away cannot reach the host through it. Only a host of the same
 * Debian release has the same programs; on others, and where nothing is emulated, the hooks do nothing.
 */
export function planNativeTools(arch: ImageArch, suite: string, host: BuildHost): string[] {
  if (host.arch !== 'x64' || host.arch === arches[arch].node) return [];
  const tools = [...LENT, ...LENT_ELSEWHERE].join(' ');
  const lend = [
    'set -eu',
    `. /etc/os-release; [ "\${ID:-} \${VERSION_CODENAME:-}" = 'debian ${suite}' ] || exit 0`,
    '[ ! -e "$1/lib64" ] || exit 0',
    `mkdir "$1/usr/lib64" "$1${LIBRARIES}"`,
    'ln -s usr/lib64 "$1/lib64"',
    'cp /lib64/ld-linux-x86-64.so.2 "$1/usr/lib64/"',
    `cp -r ${LIBRARIES}/perl-base ${LIBRARIES}/perl "$1${LIBRARIES}/"`,
    `for tool in ${tools}; do`,
    '  [ -f "/usr$tool" ] || continue',
    `  ldd "/usr$tool" 2>/dev/null | sed -n 's/.* => \\(.*\\) (.*/\\1/p' | xargs -r cp -Lut "$1${LIBRARIES}"`,
    '  mkdir -p "$(dirname "$1/usr$tool")"',
    '  if [ -e "$1/usr$tool" ]; then mv "$1/usr$tool" "$1/usr$tool.lent"; fi',
    '  cp "/usr$tool" "$1/usr$tool"',
    // Packages name such a file with or without /usr; both mean the same.
    '  printf \'%s\\n%s.lent\\n:\\n\' "$tool" "$tool" "/usr$tool" "/usr$tool"',
    'done >>"$1/var/lib/dpkg/diversions"',
  ];
  const takeBack = [
    'set -eu',
    `[ -e "$1${LIBRARIES}" ] || exit 0`,
    `for tool in ${tools}; do`,
    '  [ -f "/usr$tool" ] || continue',
    '  rm "$1/usr$tool"',
    '  if [ -e "$1/usr$tool.lent" ]; then mv "$1/usr$tool.lent" "$1/usr$tool"; fi',
    'done',
    `rm -r "$1/lib64" "$1/usr/lib64" "$1${LIBRARIES}"`,
    'diversions=$1/var/lib/dpkg/diversions',
    "paste - - - <\"$diversions\" | sed '/\\.lent\\t/d' | tr '\\t' '\\n' >\"$diversions.new\"",
    'mv "$diversions.new" "$diversions"',
  ];
  return [`--essential-hook=${lend.join('\n')}`, `--customize-hook=${takeBack.join('\n')}`];
}
