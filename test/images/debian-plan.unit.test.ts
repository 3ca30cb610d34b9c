import { describe, expect, test } from 'vitest';
import * as plan from '../../src/images/debian-plan.ts';
import { debianRecipe } from '../../src/images/debian-recipe.ts';

const root = { arch: 'arm64', isRoot: true };
const user = { arch: 'arm64', isRoot: false };
const files = plan.buildFiles('/w');
const access = {
  sources: [{ uri: 'http://mirror.test/debian', suite: 'bookworm', components: ['main'] }],
  options: ['Acquire::http::Proxy "http://proxy.test:3128";'],
};
const recipe = {
  ...debianRecipe('aarch64'),
  dpkgRules: ['path-exclude=/x/*'],
  packages: ['a', 'b'],
  remove: ['etc/x'],
};

describe('planPackages', () => {
  test('as root: in namespaces that take every mount and process with them', () => {
    expect(plan.planPackages(recipe, access, root, files)).toEqual([
      ...[
        'setpriv',
        '--pdeathsig',
        'KILL',
        '--',
        'unshare',
        '--mount',
        '--pid',
        '--fork',
        '--kill-child',
        '--mount-proc',
        '--',
      ],
      ...['mmdebstrap', '--mode=root', '--architectures=arm64', '--variant=minbase', '--format=tar'],
      ...['--dpkgopt=path-exclude=/x/*', '--dpkgopt=force-unsafe-io'],
      '--aptopt=Acquire::http::Proxy "http://proxy.test:3128";',
      ...['--include=a,b', 'bookworm', '/w/root.tar'],
      'deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] http://mirror.test/debian bookworm main',
    ]);
  });

  test('as another user: in a user namespace of mmdebstrap', () => {
    expect(plan.planPackages(recipe, access, user, files).slice(0, 2)).toEqual([
      'mmdebstrap',
      '--mode=unshare',
    ]);
  });
});

describe('planRootFs', () => {
  const script = (host: typeof root) => plan.planRootFs(recipe, host, files).at(-1);

  test('root works in a folder', () => {
    expect(script(root)).toMatchInlineSnapshot(`
      "set -eu
      mkdir /w/rootfs
      cd /w/rootfs
      mkdir root
      cd root
      tar -xp --numeric-owner --xattrs --xattrs-include='*'
      rm -rf etc/x
      setfiles -F -r . etc/selinux/default/contexts/files/file_contexts . >&2
      truncate -s 3966M ../root.ext4
      mke2fs -q -F -t ext4 -L rootfs -E lazy_itable_init=0,lazy_journal_init=0 -d . ../root.ext4 >&2
      dd if=../root.ext4 bs=1M seek=129 conv=sparse,notrunc status=none"
    `);
  });

  test('others work in memory', () => {
    expect(script(user)?.split('\n').slice(1, 4)).toEqual([
      'mem=$(mktemp -d)',
      'mount -t tmpfs tmpfs "$mem"',
      'cd "$mem"',
    ]);
    expect(plan.planRootFs(recipe, user, files).slice(4, 8)).toEqual([
      ...['/w/root.tar', '/w/disk.raw', 'mmdebstrap', '--unshare-helper'],
    ]);
  });
});

test('the partitions fill the disk but for a MiB at each end', () => {
  expect(plan.planPartitions({ ...recipe, disk: { size: 4_096, esp: 128 } })).toMatchInlineSnapshot(`
    "label: gpt
    start=2048, size=262144, type=uefi, name=ESP
    start=264192, size=8122368, type=linux, name=root
    "
  `);
});

test('the ESP is made inside the disk file', () => {
  expect(plan.planEsp(recipe, files, ['EFI', 'vmlinuz'])).toEqual([
    [
      'mformat',
      '-i',
      '/w/disk.raw@@1048576',
      '-T',
      '262144',
      '-h',
      '255',
      '-s',
      '63',
      '-F',
      '-v',
      'ESP',
      '::',
    ],
    ['mcopy', '-i', '/w/disk.raw@@1048576', '-s', '/w/esp/EFI', '/w/esp/vmlinuz', '::/'],
  ]);
});

test('the boot loader starts the kernel without asking', () => {
  expect(plan.planLoader(recipe)).toMatchInlineSnapshot(`
    {
      "loader/entries/debian.conf": "title Debian GNU/Linux 12
    linux /vmlinuz
    initrd /initrd.img
    options root=LABEL=rootfs rw console=tty0 console=ttyAMA0 security=selinux selinux=1 enforcing=0
    ",
      "loader/loader.conf": "timeout 0
    default debian.conf
    ",
    }
  `);
});

test('the image is made within limits, of a disk whose format is named', () => {
  expect(plan.planConvert(files)).toEqual([
    ...['prlimit', '--as=4294967296', '--cpu=3600', '--core=0', '--'],
    ...['qemu-img', 'convert', '-c', '-f', 'raw', '-O', 'qcow2', '-o', 'compression_type=zstd'],
    ...[files.disk, files.image],
  ]);
});
