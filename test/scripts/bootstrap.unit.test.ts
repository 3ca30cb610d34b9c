import { describe, expect, test } from 'vitest';
import { NEEDS } from '../../scripts/bootstrap/needs.mjs';
import { isInstalled } from '../../scripts/bootstrap/node-packages.mjs';
import { findMissing, planInstallation } from '../../scripts/bootstrap/plan.mjs';

type Host = Parameters<typeof planInstallation>[1];
type LockFile = Parameters<typeof isInstalled>[0];

/** A Debian machine that somebody has just installed, used by root. */
const FRESH: Host = {
  manager: 'apt',
  ubuntu: false,
  root: true,
  sudo: false,
  interactive: false,
  packageLists: true,
  has: () => false,
};

const packages = (host: Host, purpose: 'demo' | 'test' | 'check') =>
  findMissing(NEEDS, [purpose], host).packages;

describe('what is missing', () => {
  test('on a fresh Debian, for the demo', () => {
    expect(packages(FRESH, 'demo')).toMatchInlineSnapshot(`
      [
        "qemu-system-x86",
        "qemu-system-arm",
        "qemu-utils",
        "ovmf",
        "qemu-efi-aarch64",
        "seabios",
        "ipxe-qemu",
        "mmdebstrap",
        "apt",
        "dpkg",
        "debian-archive-keyring",
        "qemu-user-static",
        "binfmt-support",
        "arch-test",
        "policycoreutils",
        "fdisk",
        "mtools",
        "e2fsprogs",
        "genisoimage",
        "xz-utils",
        "bzip2",
        "zstd",
        "openssh-client",
        "util-linux",
      ]
    `);
  });

  test('for the tests, Python, a message bus, shells and a browser as well', () => {
    const forDemo = new Set(packages(FRESH, 'demo'));
    expect(packages(FRESH, 'test').filter((name) => !forDemo.has(name))).toEqual([
      'python3-venv',
      'dbus',
      'busybox',
      'zsh',
      'fish',
      'chromium',
    ]);
  });

  test('for checks, nothing', () => {
    expect(packages(FRESH, 'check')).toEqual([]);
  });

  test('without root, what stands in for it', () => {
    expect(packages({ ...FRESH, root: false }, 'demo')).toContain('uidmap');
  });

  test('any one program or file that serves a need will do', () => {
    const host = { ...FRESH, has: (thing: string) => thing === 'xorriso' };
    expect(packages(host, 'demo')).not.toContain('genisoimage');
  });

  test('on Ubuntu, the browser is asked for by the name it has there', () => {
    const { packages, unavailable } = findMissing(NEEDS, ['test'], { ...FRESH, ubuntu: true });
    expect(packages).toContain('chromium-browser');
    expect(packages).not.toContain('chromium');
    expect(unavailable).toEqual([]);
  });

  test('on macOS, one package for all of QEMU, and nothing that is only for Linux', () => {
    const { packages, unavailable } = findMissing(NEEDS, ['demo'], { ...FRESH, manager: 'brew' });
    expect(packages.filter((name) => name === 'qemu')).toHaveLength(1);
    expect(unavailable.map(({ anyOf }) => anyOf[0])).toContain('mmdebstrap');
    expect(unavailable.map(({ anyOf }) => anyOf[0])).not.toContain('setpriv');
  });
});

describe('how it is installed', () => {
  test('nothing missing, nothing run', () => {
    expect(planInstallation([], FRESH)).toEqual({ kind: 'nothing' });
  });

  test('as root', () => {
    expect(planInstallation(['ovmf'], FRESH)).toMatchObject({
      kind: 'run',
      updateFirst: false,
      install: expect.arrayContaining(['env', 'apt-get', '--no-install-recommends', 'ovmf']),
    });
  });

  test('lists of packages are fetched first where there are none', () => {
    expect(planInstallation(['ovmf'], { ...FRESH, packageLists: false })).toMatchObject({
      updateFirst: true,
    });
  });

  test.each([
    { interactive: true, begins: ['sudo', 'env', 'DEBIAN_FRONTEND=noninteractive'] },
    { interactive: false, begins: ['sudo', '-n', 'env'] },
  ])(
    'by sudo, asking for a password only where somebody is there: $interactive',
    ({ interactive, begins }) => {
      const plan = planInstallation(['ovmf'], { ...FRESH, root: false, sudo: true, interactive });
      expect(plan.kind === 'run' && plan.install.slice(0, begins.length)).toEqual(begins);
    },
  );

  test.each([
    { manager: 'apt', line: 'sudo apt-get install -y --no-install-recommends a b' },
    { manager: 'dnf', line: 'sudo dnf install -y a b' },
    { manager: 'pacman', line: 'sudo pacman -S --needed a b' },
    { manager: 'brew', line: 'brew install a b' },
    { manager: undefined, line: undefined },
  ] as const)('without the right or the means ($manager), the line to type', ({ manager, line }) => {
    const plan = planInstallation(['a', 'b'], { ...FRESH, manager, root: false });
    expect(plan).toEqual({ kind: 'ask', line });
  });

  test('root needs no sudo', () => {
    const plan = planInstallation(['a'], { ...FRESH, manager: 'dnf' });
    expect(plan).toEqual({ kind: 'ask', line: 'dnf install -y a' });
  });
});

describe('whether the Node packages are installed', () => {
  const lock = {
    packages: {
      '': { version: '1.0.0' },
      'node_modules/zod': { version: '4.0.0', integrity: 'sha512-a' },
      'node_modules/only-macos': { version: '1.0.0', integrity: 'sha512-b', optional: true },
    },
  };
  const zod = { version: '4.0.0', integrity: 'sha512-a' };

  test.each<{ what: string; installed: LockFile; expected: boolean }>([
    { what: 'nothing was ever installed', installed: {}, expected: false },
    {
      what: 'all that this platform has',
      installed: { packages: { 'node_modules/zod': zod } },
      expected: true,
    },
    { what: 'one is missing', installed: { packages: {} }, expected: false },
    {
      what: 'one is of another version',
      installed: { packages: { 'node_modules/zod': { ...zod, version: '3.9.0' } } },
      expected: false,
    },
    {
      what: 'one is no longer wanted',
      installed: { packages: { 'node_modules/zod': zod, 'node_modules/old': { version: '1.0.0' } } },
      expected: false,
    },
  ])('$what: $expected', ({ installed, expected }) => {
    expect(isInstalled(lock, installed)).toBe(expected);
  });

  test('a package of this platform is not optional', () => {
    expect(isInstalled(lock, { packages: { 'node_modules/zod': zod } }, 'only-macos')).toBe(false);
  });
});
