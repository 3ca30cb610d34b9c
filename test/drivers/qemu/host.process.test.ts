import { chmod, mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { QemuConfig } from '../../../src/drivers/qemu/config.ts';
import { memoryPlaces } from '../../../src/drivers/qemu/host.ts';
import { chooseUser, neededFiles } from '../../../src/drivers/qemu/host-user.ts';
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

describe('whom QEMU runs as', () => {
  test('ourselves, unless we are root', async () => {
    expect(await chooseUser({ '/nowhere': 'r' }, 1000)).toEqual({ user: null, reason: 'as ourselves' });
  });

  test('nobody, where everything is within reach', async () => {
    const { user, reason } = await chooseUser({ '/etc/passwd': 'r' }, 0);
    expect(user).toMatchObject({ groups: [] });
    expect(user?.uid).toBeGreaterThan(0);
    expect(reason).toBe('as nobody');
  });

  test('root, where something is not', async () => {
    await using dir = await workDir();
    const inside = join(dir.path, 'inside');
    await mkdir(inside);
    const disk = join(inside, 'disk.img');
    await writeFile(disk, '');
    // A temporary folder is its owner's alone.
    expect(await chooseUser({ [disk]: 'r' }, 0)).toEqual({
      user: null,
      reason: `as root: nobody may not open ${disk}`,
    });
    expect((await chooseUser({ [inside]: 'x' }, 0)).reason).toBe(`as root: nobody may not enter ${inside}`);
    await chmod(dir.path, 0o755);
    expect((await chooseUser({ [inside]: 'x' }, 0)).reason).toBe('as nobody');
    await chmod(disk, 0o644);
    expect((await chooseUser({ [disk]: 'r' }, 0)).reason).toBe('as nobody');
    expect((await chooseUser({ [disk]: 'rw' }, 0)).reason).toBe(`as root: nobody may not open ${disk}`);
    await chmod(disk, 0o666);
    expect((await chooseUser({ [disk]: 'rw' }, 0)).reason).toBe('as nobody');
  });

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
