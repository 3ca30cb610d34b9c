import type { TreeEntry } from './recipe.ts';

const UNITS = '/etc/systemd/system';
const NEVER = '/dev/null';

/** Units that a test machine is better without: they start on their own, long after the test began. */
const MASKED = [
  ...[
    'apt-daily.timer',
    'apt-daily-upgrade.timer',
    'dpkg-db-backup.timer',
    'e2scrub_all.timer',
    'e2scrub_reap.service',
  ],
  'fstrim.timer',
];

const ENFORCE = `[Unit]
Description=Label what cloud-init made, then enforce SELinux
After=cloud-config.service
ConditionSecurity=selinux

[Service]
Type=oneshot
RemainAfterExit=yes
ExecStart=/usr/sbin/restorecon -RF /home /root /etc/ssh
ExecStart=/usr/sbin/setenforce 1
# systemd stops reporting on the console, which is the user's from here on.
ExecStart=/usr/bin/kill -s RTMIN+21 1

[Install]
WantedBy=multi-user.target
`;

/** The prompt is there when the user is, and SELinux enforces by then. */
const PROMPT_ORDER = `[Unit]
After=selinux-enforce.service
`;

const CLOUD = `# Nothing but a seed disk is looked for.
datasource_list: [NoCloud, None]
# Debian's locales are not installed.
locale: false
manage_etc_hosts: true
# An RSA key costs many seconds on an emulated processor.
ssh_genkeytypes: [ed25519, ecdsa]
# The last stage runs when somebody may be logged in on the console already.
ssh:
  emit_keys_to_console: false
no_ssh_fingerprints: true
# Without the modules for other distributions, other clouds and other tools: loading each takes time.
cloud_config_modules:
  [ssh-import-id, keyboard, locale, set-passwords, apt-configure, ntp, timezone, runcmd]
cloud_final_modules:
  - package-update-upgrade-install
  - write-files-deferred
  - scripts-vendor
  - scripts-per-once
  - scripts-per-boot
  - scripts-per-instance
  - scripts-user
  - phone-home
  - final-message
  - power-state-change
system_info:
  network:
    renderers: [networkd]
`;

const SOURCES = `Types: deb
URIs: http://deb.debian.org/debian
Suites: bookworm bookworm-updates
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg

Types: deb
URIs: http://deb.debian.org/debian-security
Suites: bookworm-security
Components: main
Signed-By: /usr/share/keyrings/debian-archive-keyring.gpg
`;

/** The console is for the test once the system is up: audit lines would stand in the middle of a command's output. */
const QUIET = 'kernel.printk = 4 4 1 7\n';

/** The image's own files, apart from those of packages. */
export function debianTree(dpkgRules: readonly string[]): TreeEntry[] {
  return [
    { path: '/etc/hostname', text: 'debian\n' },
    {
      path: '/etc/hosts',
      text: '127.0.0.1 localhost\n127.0.1.1 debian\n::1 localhost ip6-localhost ip6-loopback\n',
    },
    {
      path: '/etc/fstab',
      text: 'LABEL=rootfs / ext4 defaults 0 0\nLABEL=ESP /boot/efi vfat noauto,umask=0077 0 0\n',
    },
    { path: '/etc/resolv.conf', link: '../run/systemd/resolve/stub-resolv.conf' },
    { path: '/etc/apt/sources.list.d/debian.sources', text: SOURCES },
    { path: '/etc/dpkg/dpkg.cfg.d/10-test-image', text: dpkgRules.map((rule) => `${rule}\n`).join('') },
    { path: '/etc/sysctl.d/90-quiet-console.conf', text: QUIET },
    { path: '/etc/cloud/cloud.cfg.d/90_test_image.cfg', text: CLOUD },
    { path: `${UNITS}/selinux-enforce.service`, text: ENFORCE },
    { path: `${UNITS}/multi-user.target.wants/selinux-enforce.service`, link: '../selinux-enforce.service' },
    { path: `${UNITS}/serial-getty@.service.d/after-cloud-init.conf`, text: PROMPT_ORDER },
    { path: `${UNITS}/getty@.service.d/after-cloud-init.conf`, text: PROMPT_ORDER },
    {
      path: `${UNITS}/cloud-final.service.d/quiet.conf`,
      text: '[Service]\nStandardOutput=journal\nStandardError=journal\n',
    },
    ...enabled('systemd-networkd.service', 'multi-user.target.wants'),
    ...enabled('systemd-networkd.socket', 'sockets.target.wants'),
    ...enabled('systemd-networkd-wait-online.service', 'network-online.target.wants'),
    {
      // Without a network card the default is to wait for two minutes.
      path: `${UNITS}/systemd-networkd-wait-online.service.d/any.conf`,
      text: '[Service]\nExecStart=\nExecStart=/usr/lib/systemd/systemd-networkd-wait-online --any --timeout=20\n',
    },
    ...MASKED.map((unit) => ({ path: `${UNITS}/${unit}`, link: NEVER })),
  ];
}

function enabled(unit: string, by: string): TreeEntry[] {
  return [{ path: `${UNITS}/${by}/${unit}`, link: `/usr/lib/systemd/system/${unit}` }];
}
