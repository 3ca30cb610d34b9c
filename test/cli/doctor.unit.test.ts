import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { describe, expect, test } from 'vitest';
import { bounded } from '../../src/cli/doctor/bounded.ts';
import type { Facts, MachineFacts, MetNeeds, SystemFacts } from '../../src/cli/doctor/facts.ts';
import { judge } from '../../src/cli/doctor/judge.ts';
import { readOsRelease } from '../../src/cli/doctor/os-release.ts';
import { renderReport } from '../../src/cli/doctor/render.ts';
import { createReport, shortcoming } from '../../src/cli/doctor/report.ts';
import { exitCodeOf } from '../../src/cli/exit-code.ts';
import { MACHINE_NEEDS } from '../../src/cli/packages/needs.js';
import { IMAGE_ARCHES, imageTools } from '../../src/images/index.ts';

const GIB = 2 ** 30;

const SYSTEM: SystemFacts = {
  platform: 'linux',
  name: 'Debian GNU/Linux 12 (bookworm)',
  release: '6.1.0',
  arch: 'x86_64',
  cpus: 8,
  container: false,
  virtualization: 'vmx',
  root: false,
  packageManager: 'apt',
  ubuntu: false,
};

const machine = (arch: string): MachineFacts => ({
  qemu: {
    state: 'works',
    binary: `/usr/bin/qemu-system-${arch}`,
    version: '7.2.22',
    sandbox: true,
    accelerators: ['tcg', 'kvm'],
  },
  firmware: [
    firmware({ code: '/OVMF_CODE.ms.fd', secureBoot: true, enrolledKeys: true, plain: false }),
    firmware({ code: '/OVMF_CODE.fd' }),
  ],
  accelerator: { name: 'kvm', reason: 'the firmware ran on it' },
});

const firmware = (facts: object) => ({
  description: 'UEFI',
  code: '',
  source: 'host' as const,
  secureBoot: false,
  enrolledKeys: false,
  plain: true,
  ...facts,
});

const missing = (arch: string): MachineFacts => ({
  qemu: { state: 'missing', binary: `qemu-system-${arch}` },
  firmware: null,
  accelerator: null,
});

const allNeeds = (where: string | null) =>
  // SAFE: there is an entry for each need
  Object.fromEntries(Object.keys(MACHINE_NEEDS).map((id) => [id, where])) as MetNeeds;

const device = (path: string) => ({ path, access: 'granted' as const, group: 'kvm', member: true });
const folder = (path: string) => ({ path, free: 100 * GIB, writable: true });

/** A Debian on which everything is in order. */
const HEALTHY: Facts = {
  system: SYSTEM,
  node: { version: '24.11.1', path: '/usr/bin/node' },
  machines: { x86_64: machine('x86_64'), aarch64: machine('aarch64') },
  kvm: device('/dev/kvm'),
  vsock: device('/dev/vhost-vsock'),
  needs: allNeeds('/usr/bin/it'),
  imageTools: { x86_64: [], aarch64: [] },
  ssh: { version: 'OpenSSH_9.2p1' },
  memory: { total: 32 * GIB, available: 16 * GIB },
  folders: { cache: folder('/cache'), state: folder('/state'), shm: folder('/dev/shm') },
  cacheSize: { bytes: GIB },
  leftovers: [],
};

/** What is not in order, by check. */
function troubles(facts: Partial<Facts>) {
  const findings = judge({ ...HEALTHY, ...facts }).filter(({ state }) => state !== 'ok');
  return Object.fromEntries(findings.map(({ check, ...finding }) => [check, finding]));
}

const slow = (facts: Partial<Facts>, name: MachineFacts['accelerator']): Partial<Facts> => ({
  ...facts,
  machines: { ...HEALTHY.machines, x86_64: { ...machine('x86_64'), accelerator: name } },
});
const denied = { name: 'tcg', reason: 'kvm does not work: /dev/kvm may not be opened (EACCES)' } as const;
const absent = { name: 'tcg', reason: 'kvm does not work: there is no /dev/kvm' } as const;

test('a host on which everything is in order', () => {
  expect(troubles({})).toEqual({});
  expect(shortcoming(createReport(HEALTHY, judge(HEALTHY)))).toBeUndefined();
});

test('its findings are those of its page', async () => {
  const page = await readFile(join(import.meta.dirname, '../../docs/guide/doctor.md'), 'utf8');
  const rows = page.split('## ')[0]?.matchAll(/^\| (`.*`) \|/gm) ?? [];
  const names = Array.from(rows, ([, cell = '']) => cell.replaceAll('`', '').split(', ')).flat();
  const told = names.flatMap((name) =>
    name.endsWith('.ARCH') ? ['x86_64', 'aarch64'].map((arch) => name.replace('ARCH', arch)) : [name],
  );
  expect(judge(HEALTHY).map(({ check }) => check)).toEqual(expect.arrayContaining(told));
  expect(told).toHaveLength(judge(HEALTHY).length);
});

test('every finding that is not in order says what to type or to do', () => {
  const denied = { path: '/dev/it', access: 'denied', group: null, member: false } as const;
  const facts: Facts = {
    system: { ...SYSTEM, arch: null },
    node: { version: '20.1.0', path: '/usr/bin/node' },
    machines: { x86_64: missing('x86_64'), aarch64: missing('aarch64') },
    kvm: denied,
    vsock: denied,
    needs: allNeeds(null),
    imageTools: {
      x86_64: [{ program: 'mmdebstrap', package: 'mmdebstrap' }],
      aarch64: [{ program: 'mmdebstrap', package: 'mmdebstrap' }],
    },
    ssh: { version: null },
    memory: { total: GIB, available: 1 },
    folders: {
      cache: { path: '/cache', free: 1, writable: true },
      state: { path: '/state', free: 1, writable: false },
      shm: { path: '/dev/shm', free: 1, writable: true },
    },
    cacheSize: { bytes: GIB },
    leftovers: [{ kind: 'machine', path: '/state/runs/1' }],
  };
  const bad = judge(facts).filter(({ check }) => check !== 'cache');
  expect(bad.filter(({ state }) => state === 'ok').map(({ check }) => check)).toEqual([]);
  expect(bad.filter(({ fix, notes }) => fix.length + notes.length === 0).map(({ check }) => check)).toEqual(
    [],
  );
});

describe('without QEMU', () => {
  const none: Partial<Facts> = {
    machines: { x86_64: missing('x86_64'), aarch64: missing('aarch64') },
    needs: allNeeds(null),
  };

  test('one line installs it with its firmware; only that of the host is in the way', () => {
    const found = troubles(none);
    expect(found['qemu.x86_64']).toEqual({
      state: 'error',
      summary: 'qemu-system-x86_64 is not installed',
      fix: ['sudo apt-get install -y --no-install-recommends qemu-system-x86 ovmf seabios ipxe-qemu'],
      notes: [],
    });
    expect(found['qemu.aarch64']?.state).toBe('warning');
    expect(found['iso']).toMatchObject({ state: 'error' });
    expect(found['xz']).toMatchObject({ state: 'warning' });
  });

  test.each([
    ['dnf', false, 'sudo dnf install -y qemu-system-x86 edk2-ovmf seabios-bin ipxe-roms-qemu'],
    ['pacman', true, 'pacman -S --needed qemu-system-x86 edk2-ovmf seabios qemu-common'],
    ['brew', false, 'brew install qemu'],
  ] as const)('the line for %s (root: %s)', (packageManager, root, line) => {
    const found = troubles({ ...none, system: { ...SYSTEM, packageManager, root } });
    expect(found['qemu.x86_64']?.fix).toEqual([line]);
  });

  test('where no package manager is known, a note says what is needed', () => {
    const found = troubles({ ...none, system: { ...SYSTEM, packageManager: null } });
    expect(found['iso']).toMatchObject({ fix: [], notes: ['to be installed: genisoimage'] });
  });

  test('the error names what is in the way, and ends with the exit code of the lab', () => {
    const facts: Facts = { ...HEALTHY, machines: { ...HEALTHY.machines, x86_64: missing('x86_64') } };
    const error = shortcoming(createReport(facts, judge(facts)));
    expect(error?.message).toMatchInlineSnapshot(`
      "no machine of x86_64 can be run here:
        qemu.x86_64: qemu-system-x86_64 is not installed"
    `);
    expect(exitCodeOf(error)).toBe(3);
  });
});

test('a QEMU that does not start is in the way', () => {
  const qemu = { state: 'broken', binary: '/bin/q', reason: '/bin/q exited with 127\nlibfdt.so' } as const;
  const broken = { qemu, firmware: null, accelerator: null };
  expect(troubles({ machines: { ...HEALTHY.machines, x86_64: broken } })['qemu.x86_64']).toMatchObject({
    state: 'error',
    summary: '/bin/q exited with 127',
  });
});

test('a QEMU that could not be asked in time is in the way, and nothing more is claimed', () => {
  const silent = { qemu: { unknown: 'finding out took longer than 4s' }, firmware: null, accelerator: null };
  const machines = { ...HEALTHY.machines, x86_64: silent };
  expect(troubles({ machines })['qemu.x86_64']).toMatchObject({
    state: 'error',
    summary: 'not known: finding out took longer than 4s',
  });
  const told = (facts: Facts) => shortcoming(createReport(facts, judge(facts)))?.message.split('\n')[0];
  expect(told({ ...HEALTHY, machines })).toBe('it is not known whether a machine of x86_64 can be run here:');
  const needs = allNeeds(null);
  expect(told({ ...HEALTHY, machines, needs })).toBe('no machine of x86_64 can be run here:');
});

describe('firmware', () => {
  const having = (found: MachineFacts['firmware']): Partial<Facts> => ({
    machines: { ...HEALTHY.machines, x86_64: { ...machine('x86_64'), firmware: found } },
  });

  test('none on the host: machines run, after a download', () => {
    expect(troubles(having([]))).toEqual({
      'firmware.x86_64': {
        state: 'warning',
        summary: 'no UEFI firmware: the first machine downloads one',
        fix: ['sudo apt-get install -y --no-install-recommends ovmf'],
        notes: [],
      },
    });
  });

  test('one that was downloaded will do', () => {
    expect(troubles(having([firmware({ source: 'cache' })]))).toEqual({});
  });

  test('the variants with secure boot are listed', () => {
    const found = judge(HEALTHY).find(({ check }) => check === 'firmware.x86_64');
    expect(found?.notes).toEqual(['with secure boot, keys enrolled: /OVMF_CODE.ms.fd']);
  });
});

describe('KVM', () => {
  test('that is broken: the evidence, and nothing to type', () => {
    const reason = 'kvm does not work: QEMU stopped the machine: internal-error';
    expect(troubles(slow({}, { name: 'tcg', reason }))).toEqual({
      'accelerator.x86_64': {
        state: 'warning',
        summary: `machines are emulated (tcg): ${reason}`,
        fix: [],
        notes: [
          '/dev/kvm is there and does not work; within a virtual machine, it depends on the outer host',
        ],
      },
    });
  });

  test.each([
    { group: 'kvm', member: false, fix: ['sudo usermod -aG kvm "$USER"', 'newgrp kvm'] },
    { group: 'kvm', member: true, fix: ['newgrp kvm'] },
    { group: 'root', member: false, fix: ['sudo chmod a+rw /dev/kvm'] },
    { group: null, member: false, fix: ['sudo chmod a+rw /dev/kvm'] },
  ])('without permission, of group $group (member: $member)', ({ group, member, fix }) => {
    const kvm = { path: '/dev/kvm', access: 'denied', group, member } as const;
    expect(troubles(slow({ kvm }, denied))['accelerator.x86_64']).toMatchObject({ state: 'warning', fix });
  });

  test.each([
    { what: 'its module is not loaded', system: {}, fix: ['sudo modprobe kvm_intel'], notes: 0 },
    { what: 'the CPU cannot', system: { virtualization: null }, fix: [], notes: 1 },
    { what: 'in a container', system: { container: true }, fix: [], notes: 1 },
  ])('without a device: $what', ({ system, fix, notes }) => {
    const kvm = { path: '/dev/kvm', access: 'missing', group: null, member: false } as const;
    const facts = slow({ kvm, system: { ...SYSTEM, ...system } }, absent);
    const found = troubles(facts)['accelerator.x86_64'];
    expect(found?.fix).toEqual(fix);
    expect(found?.notes).toHaveLength(notes);
  });

  test('whose proof took too long is not known', () => {
    const unknown = 'finding out took longer than 5s';
    expect(troubles(slow({}, { unknown }))['accelerator.x86_64']).toMatchObject({
      state: 'warning',
      summary: `not known: ${unknown}`,
    });
  });
});

test('macOS with QEMU of Homebrew: nothing that is only for Linux', () => {
  const facts: Facts = {
    ...HEALTHY,
    system: { ...SYSTEM, platform: 'darwin', name: 'macOS 15.1', arch: 'aarch64', packageManager: 'brew' },
    kvm: null,
    vsock: null,
    needs: { ...allNeeds('/opt/homebrew/bin/it'), setpriv: null },
    folders: { cache: folder('/cache'), state: folder('/state'), shm: null },
    imageTools: {
      x86_64: [{ program: 'mmdebstrap', package: 'mmdebstrap' }],
      aarch64: [
        { program: 'mmdebstrap', package: 'mmdebstrap' },
        { program: 'mcopy', package: 'mtools' },
      ],
    },
  };
  expect(troubles(facts)).toEqual({
    'images.x86_64': {
      state: 'warning',
      summary: 'debian-12 cannot be built: mmdebstrap not found',
      fix: [],
      notes: ['no package of this system has: mmdebstrap', 'jumplead demo pulls fedora-44 instead'],
    },
    'images.aarch64': {
      state: 'warning',
      summary: 'debian-12 cannot be built: mmdebstrap, mcopy not found',
      fix: ['brew install mtools'],
      notes: ['no package of this system has: mmdebstrap', 'jumplead demo pulls fedora-44 instead'],
    },
  });
});

test.each([
  { access: 'missing', system: {}, fix: ['sudo modprobe vhost_vsock'] },
  { access: 'missing', system: { container: true }, fix: [] },
  { access: 'denied', system: {}, fix: ['sudo usermod -aG kvm "$USER"', 'newgrp kvm'] },
] as const)('vsock that is $access ($system)', ({ access, system, fix }) => {
  const vsock = { path: '/dev/vhost-vsock', access, group: 'kvm', member: false };
  expect(troubles({ vsock, system: { ...SYSTEM, ...system } })['vsock']).toMatchObject({
    state: 'warning',
    fix,
  });
});

describe('room', () => {
  const { folders } = HEALTHY;
  const shm = { path: '/dev/shm', free: 64 * 2 ** 20, writable: true };

  test('a small /dev/shm is slow, but not in the way', () => {
    expect(troubles({ folders: { ...folders, shm } as Facts['folders'] })['disk.shm']).toMatchObject({
      state: 'warning',
      fix: ['sudo mount -o remount,size=50% /dev/shm'],
    });
  });

  test('room for memory nowhere is', () => {
    const state = { path: '/state', free: 0, writable: true };
    const found = troubles({ folders: { cache: folder('/cache'), state, shm } });
    expect(found['disk.shm']).toMatchObject({ state: 'error' });
  });

  test('so is a folder that may not be written to', () => {
    const cache = { ...folder('/cache'), writable: false };
    const found = troubles({ folders: { ...folders, cache } as Facts['folders'] });
    expect(found['disk.cache']).toMatchObject({
      state: 'error',
      notes: ['JUMPLEAD_CACHE names another folder'],
    });
  });
});

describe('what killed processes have left', () => {
  const run = { kind: 'machine', path: '/state/runs/1' };
  const image = { kind: 'image on its way', path: '/cache/images/flashed/incoming/2' };
  test('of machines goes with the next one', () => {
    expect(troubles({ leftovers: [run] })).toEqual({
      leftovers: {
        state: 'warning',
        summary: '1 from processes that were killed',
        fix: [],
        notes: [
          'machine: /state/runs/1',
          'those of machines and sessions go with the next one that is opened',
        ],
      },
    });
  });
  test('of images has a line to type', () => {
    expect(troubles({ leftovers: [run, image] })['leftovers']).toMatchObject({
      notes: { 1: 'image on its way: /cache/images/flashed/incoming/2' },
      fix: ['jumplead images gc'],
    });
  });
});

test('in a pipe the report has no colours', () => {
  const text = renderReport(createReport(HEALTHY, judge(HEALTHY)), new PassThrough());
  expect(text).toMatch(/^jumplead \d/);
  expect(text).toMatch(/^Machines of x86_64, as this host is\n {2}✔ qemu /m);
  expect(text).toContain('Machines of x86_64 can be run here, by kvm.');
  // biome-ignore lint/suspicious/noControlCharactersInRegex: it is what must not be there
  expect(text).not.toMatch(/\u001b/);
});

test('on a terminal the report is no wider than that, but for lines that are to be copied', () => {
  const terminal = Object.assign(new PassThrough(), { isTTY: true, columns: 60 });
  const vsock = { path: '/dev/vhost-vsock', access: 'missing', group: null, member: false } as const;
  const facts = { ...HEALTHY, vsock };
  const text = stripVTControlCharacters(renderReport(createReport(facts, judge(facts)), terminal));
  const wide = text.split('\n').filter((line) => line.length > 60 && !/^ +(?:\$|\S+$)/.test(line));
  expect(wide).toEqual([]);
  expect(text).toMatch(/^ {2}! vsock .*\n {10,}no machine needs it unless/m);
  expect(text).toMatch(/They do without: .*vsock\.$/);
});

describe('the system', () => {
  test.each([
    ['linux', 'ID=debian\nPRETTY_NAME="Debian GNU/Linux 12"', 'apt', false, 'Debian GNU/Linux 12'],
    ['linux', 'PRETTY_NAME="Ubuntu 24.04"\nID=ubuntu\nID_LIKE=debian', 'apt', true, 'Ubuntu 24.04'],
    ['linux', 'PRETTY_NAME="Fedora Linux 42"\nID=fedora', 'dnf', false, 'Fedora Linux 42'],
    ['linux', 'PRETTY_NAME="Rocky"\nID="rocky"\nID_LIKE="rhel centos fedora"', 'dnf', false, 'Rocky'],
    ['linux', 'PRETTY_NAME=Manjaro\nID=manjaro\nID_LIKE=arch', 'pacman', false, 'Manjaro'],
    ['linux', '', null, false, 'linux'],
    ['darwin', '<key>ProductVersion</key>\n<string>15.1</string>', 'brew', false, 'macOS 15.1'],
  ] as const)('%s, %j: %s', (platform, text, packageManager, ubuntu, name) => {
    expect(readOsRelease(platform, text)).toEqual({ name, packageManager, ubuntu });
  });
});

test('every Debian package of a tool for images is in the table, or called the same everywhere', () => {
  const known = new Set(Object.values(MACHINE_NEEDS).map(({ apt }) => apt));
  const tools = IMAGE_ARCHES.flatMap((arch) =>
    imageTools('debian-12', arch, { arch: 'riscv64', isRoot: false }),
  );
  const packages = new Set(tools.map((tool) => tool.package));
  expect([...packages].filter((name) => !known.has(name))).toEqual(['tar']);
});

describe('a bounded check', () => {
  const never = () => new Promise<never>(() => undefined);

  test('gives what was found out', async () => {
    expect(await bounded('1h', undefined, async () => 'it')).toBe('it');
  });
  test('says when its time was up', async () => {
    expect(await bounded('1ms', undefined, never)).toEqual({ unknown: 'finding out took longer than 1ms' });
  });
  test('says how it failed', async () => {
    expect(await bounded('1h', undefined, () => Promise.reject(new Error('no')))).toEqual({ unknown: 'no' });
  });
  test('an abort is no finding', async () => {
    const reason = new Error('interrupted');
    await expect(bounded('1h', AbortSignal.abort(reason), never)).rejects.toBe(reason);
  });
});
