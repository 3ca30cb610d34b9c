import { once } from 'node:events';
import { chmod, mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test, vi } from 'vitest';
import { BORROWERS, lendFile, makeLendingDir } from '../../../src/core/index.ts';
import { QemuConfig } from '../../../src/drivers/qemu/config.ts';
import { memoryPlaces } from '../../../src/drivers/qemu/host.ts';
import { chooseUser, type NeededFiles, neededFiles } from '../../../src/drivers/qemu/host-user.ts';
import { findQemu } from '../../../src/drivers/qemu/qemu-program.ts';

const workDir = () => mkdtempDisposable(join(tmpdir(), 'jumplead-host-'));

/** A folder for `PATH` with a QEMU that prints `output`. */
async function qemuThatPrints(dir: string, output: string): Promise<NodeJS.ProcessEnv> {
  const path = join(dir, 'qemu-system-x86_64');
  await writeFile(path, `#!/bin/sh\n/bin/cat <<'END'\n${output}\nEND\n`);
  await chmod(path, 0o755);
  return { PATH: dir };
}

describe('finding QEMU', () => {
  test('learns what it can do', async () => {
    await using dir = await workDir();
    const answers = [
      { QMP: {} },
      { id: 'hello', return: {} },
      { id: 'version', return: { qemu: { major: 10, minor: 1, micro: 0 }, package: '' } },
      { id: 'accelerators', return: [{ name: 'tcg-accel' }, { name: 'kvm-accel' }] },
      { id: 'devices', return: [{ name: 'VGA' }, { name: 'vmgenid' }] },
      { id: 'sandbox', return: [{ option: 'sandbox', parameters: [] }] },
      { event: 'SHUTDOWN' },
      { id: 'bye', return: {} },
    ];
    const lines = answers.map((answer) => JSON.stringify(answer));
    const env = await qemuThatPrints(dir.path, lines.join('\n'));
    expect(await findQemu('x86_64', { env })).toEqual({
      binary: join(dir.path, 'qemu-system-x86_64'),
      version: '10.1.0',
      sandbox: true,
      accelerators: new Set(['tcg', 'kvm']),
      devices: new Set(['VGA', 'vmgenid']),
    });
    const withoutSandbox = lines.with(
      5,
      JSON.stringify({ id: 'sandbox', error: { desc: 'invalid option name' } }),
    );
    await qemuThatPrints(dir.path, withoutSandbox.join('\n'));
    expect((await findQemu('x86_64', { env })).sandbox).toBe(false);
  });

  test('one that is not installed is named with its package', async () => {
    await using dir = await workDir();
    const missing = findQemu('aarch64', { env: { PATH: dir.path } });
    await expect(missing).rejects.toThrowErrorMatchingInlineSnapshot(
      `[LaunchError: qemu-system-aarch64 is not installed; install it (Debian: qemu-system-arm)]`,
    );
  });

  test('one that is something else', async () => {
    await using dir = await workDir();
    const env = await qemuThatPrints(dir.path, 'hello, world');
    await expect(findQemu('x86_64', { env })).rejects.toThrow('did not answer as QEMU does: hello, world');
  });
});

const ROOT = { uid: 0, setpriv: '/usr/bin/setpriv' };

/** Whether a process of that group, and of no account's user, may read a file. */
async function readAs(gid: number, path: string): Promise<boolean> {
  const args = ['--reuid', '60000', '--regid', String(gid), '--clear-groups', 'cat', path];
  return !(await execa('setpriv', args, { reject: false })).failed;
}

describe('whom QEMU runs as', () => {
  test('ourselves, unless we are root', async () => {
    const chosen = await chooseUser({ '/nowhere': 'r' }, { ...ROOT, uid: 1000 });
    expect(chosen).toEqual({ user: null, reason: 'as ourselves' });
  });

  test('a user that nobody else is, where everything is within reach', async () => {
    const { user, reason } = await chooseUser({ '/etc/passwd': 'r' }, ROOT);
    expect(user).toEqual({ uid: expect.any(Number), gid: user?.uid, groups: [BORROWERS] });
    expect(user?.uid).toBeGreaterThanOrEqual(60_706);
    expect(user?.uid).toBeLessThan(BORROWERS);
    expect(reason).toBe(`as a user of its own (${user?.uid})`);
    const all = Array.from({ length: BORROWERS - 60_706 }, (_, index) => 60_706 + index);
    const taken = all.filter((id) => id !== 61_000);
    expect((await chooseUser({}, { ...ROOT, taken })).user?.uid).toBe(61_000);
    expect(await chooseUser({}, { ...ROOT, taken: all })).toEqual({
      user: null,
      reason: 'as root: this host has no number to spare for a user of its own',
    });
  });

  test.runIf(process.getuid?.() === 0)('not one that a process has', async () => {
    const all = Array.from({ length: BORROWERS - 60_706 }, (_, index) => 60_706 + index);
    const taken = all.filter((id) => id !== 61_000 && id !== 61_001);
    const args = ['--reuid', '61000', '--clear-groups', 'sh', '-c', 'echo; exec cat'];
    const other = execa('setpriv', args, { reject: false });
    await once(other.stdout, 'data');
    expect((await chooseUser({}, { ...ROOT, taken })).user?.uid).toBe(61_001);
    other.stdin.end();
    await other;
  });

  test('root, where a user namespace has not enough users, or nothing could make QEMU another one', async () => {
    await using dir = await workDir();
    await mkdir(join(dir.path, 'self'));
    for (const map of ['uid_map', 'gid_map']) await writeFile(join(dir.path, 'self', map), '0 1000 1\n');
    const { reason } = await chooseUser({}, { ...ROOT, proc: dir.path });
    expect(reason).toBe('as root: this host has no number to spare for a user of its own');
    expect((await chooseUser({}, { ...ROOT, setpriv: null })).reason).toContain(
      'as root: there is no setpriv',
    );
  });

  test('root, where something is out of reach', async () => {
    await using dir = await workDir();
    const inside = join(dir.path, 'inside');
    await mkdir(inside);
    const disk = join(inside, 'disk.img');
    await writeFile(disk, '');
    const reasonFor = async (files: NeededFiles) => (await chooseUser(files, ROOT)).reason;
    // A temporary folder is its owner's alone.
    expect(await chooseUser({ [disk]: 'r' }, ROOT)).toEqual({
      user: null,
      reason: `as root: another user may not open ${disk}`,
    });
    expect(await reasonFor({ [inside]: 'x' })).toBe(`as root: another user may not enter ${inside}`);
    await chmod(dir.path, 0o755);
    expect(await reasonFor({ [inside]: 'x' })).toContain('as a user of its own');
    await chmod(disk, 0o644);
    expect(await reasonFor({ [disk]: 'r' })).toContain('as a user of its own');
    expect(await reasonFor({ [disk]: 'rw' })).toBe(`as root: another user may not open ${disk}`);
    await chmod(disk, 0o666);
    expect(await reasonFor({ [disk]: 'rw' })).toContain('as a user of its own');
  });

  test.runIf(process.getuid?.() === 0)('what is lent is within reach, and of nobody else', async () => {
    await using dir = await workDir();
    await chmod(dir.path, 0o755);
    const folder = await makeLendingDir(join(dir.path, 'a/b'));
    const image = join(folder, 'image');
    await writeFile(image, '');
    await lendFile(image);
    expect((await chooseUser({ [image]: 'r', [folder]: 'x' }, ROOT)).reason).toContain(
      'as a user of its own',
    );
    expect(await readAs(BORROWERS, image)).toBe(true);
    expect(await readAs(1, image)).toBe(false);
  });

  test.runIf(process.getuid?.() === 0)(
    'what is lent lies in a cache that leads there, whoever made that',
    async () => {
      await using dir = await workDir();
      await chmod(dir.path, 0o711);
      vi.stubEnv('JUMPLEAD_CACHE', join(dir.path, 'cache'));
      await mkdir(join(dir.path, 'cache', 'images', 'runs'), { recursive: true, mode: 0o700 });
      const content = await makeLendingDir(join(dir.path, 'cache', 'images', 'flashed', 'content'));
      expect((await chooseUser({ [content]: 'x' }, ROOT)).reason).toContain('as a user of its own');
      vi.unstubAllEnvs();
    },
  );

  test('what QEMU opens by name', () => {
    const config = QemuConfig.parse({
      arch: 'x86_64',
      cdrom: '/a.iso',
      disks: [
        { path: '/d', format: 'raw' },
        { path: '/e', format: 'raw', readonly: true },
      ],
      partitions: { root: '/root.img', 'OVMF_VARS.fd': '/vars' },
    });
    const firmware = {
      kind: 'uefi',
      description: '',
      code: { path: '/code', format: 'raw' },
      vars: { path: '/template', format: 'raw' },
    } as const;
    expect(neededFiles(config, firmware, 'kvm')).toEqual({
      '/a.iso': 'r',
      '/vars': 'r',
      '/code': 'r',
      '/template': 'r',
      '/d': 'rw',
      '/e': 'r',
      '/dev/kvm': 'rw',
    });
    const direct = QemuConfig.parse({ kernel: '/k', initrd: '/i' });
    expect(neededFiles(direct, { kind: 'none', description: '' }, 'tcg')).toEqual({ '/k': 'r', '/i': 'r' });
  });
});

test('memory may lie in the folder of the machine, after memory proper', async () => {
  await using dir = await workDir();
  const places = await memoryPlaces(dir.path);
  expect(places.at(-1)).toEqual({ folder: dir.path, free: expect.any(Number) });
  expect(places.at(-1)?.free).toBeGreaterThan(0);
  expect((await memoryPlaces('/nowhere')).at(-1)).toEqual({ folder: '/nowhere', free: 0 });
});
