import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { chdir, cwd } from 'node:process';
import { expect, test, vi } from 'vitest';
import { QemuConfig } from '../../../src/drivers/qemu/config.ts';
import { locateFiles } from '../../../src/drivers/qemu/config-files.ts';
import { cachedBuild } from '../../../src/images/cache.ts';
import { describeFile } from '../../../src/images/digest.ts';

const workDir = () => mkdtempDisposable(join(tmpdir(), 'jumplead-files-'));

test('names every field whose file is missing', async () => {
  const config = QemuConfig.parse({
    arch: 'x86_64',
    cdrom: '/nowhere/a.iso',
    disks: [{ path: '/nowhere/b.img', format: 'raw' }],
    firmware: { code: '/nowhere/code.fd', vars: '/nowhere/vars.fd' },
    partitions: { root: '/nowhere/root', bios: '/nowhere/bios' },
    image: '/nowhere/image.qcow2',
  });
  await expect(locateFiles(config)).rejects.toThrowErrorMatchingInlineSnapshot(`
    [ConfigError: qemu: files of the configuration are missing
      cdrom: got "/nowhere/a.iso"; there is no such file
      image: got "/nowhere/image.qcow2"; there is no such file
      firmware.code: got "/nowhere/code.fd"; there is no such file
      firmware.vars: got "/nowhere/vars.fd"; there is no such file
      partitions.root: got "/nowhere/root"; there is no such file
      partitions.bios: got "/nowhere/bios"; there is no such file
      disks.0.path: got "/nowhere/b.img"; there is no such file]
  `);
  const direct = QemuConfig.parse({ kernel: '/nowhere/k', initrd: '/nowhere/i' });
  await expect(locateFiles(direct)).rejects.toThrowErrorMatchingInlineSnapshot(`
    [ConfigError: qemu: files of the configuration are missing
      kernel: got "/nowhere/k"; there is no such file
      initrd: got "/nowhere/i"; there is no such file]
  `);
});

test('makes paths absolute and leaves URLs alone', async () => {
  await using dir = await workDir();
  await writeFile(join(dir.path, 'file'), '');
  const before = cwd();
  chdir(dir.path);
  try {
    const located = await locateFiles(
      QemuConfig.parse({
        arch: 'x86_64',
        cdrom: 'file',
        disks: [{ path: './file', format: 'raw' }],
        firmware: { code: 'file', vars: 'file' },
        partitions: { root: 'file' },
        image: 'https://example.org/image.qcow2',
      }),
    );
    const file = join(dir.path, 'file');
    expect(located).toMatchObject({
      cdrom: file,
      disks: [{ path: file }],
      firmware: { code: file, vars: file },
      partitions: { root: file },
      image: 'https://example.org/image.qcow2',
    });
    expect((await locateFiles(QemuConfig.parse({ kernel: 'file', image: 'file' }))).image).toBe(file);
  } finally {
    chdir(before);
  }
});

test('says what a file that is there must allow', async () => {
  await using dir = await workDir();
  const path = join(dir.path, 'file', 'below');
  await writeFile(join(dir.path, 'file'), '');
  const written = QemuConfig.parse({ disks: [{ path, format: 'raw' }] });
  await expect(locateFiles(written)).rejects.toThrow('disks.0.path: got ');
  await expect(locateFiles(written)).rejects.toThrow('the file must be writable (ENOTDIR)');
  const read = QemuConfig.parse({ disks: [{ path, format: 'raw', readonly: true }] });
  await expect(locateFiles(read)).rejects.toThrow('the file must be readable (ENOTDIR)');
});

test('an image that was built or pulled is found by its name, after a file that is called so', async () => {
  await using dir = await workDir();
  vi.stubEnv('JUMPLEAD_CACHE', join(dir.path, 'cache'));
  const before = cwd();
  chdir(dir.path);
  try {
    const locate = (image: string) => locateFiles(QemuConfig.parse({ arch: 'x86_64', image }));
    await expect(locate('debian-12')).rejects.toThrow(
      'image: got "debian-12"; there is no such file; jumplead images build debian-12 --arch x86_64 makes it',
    );
    await expect(locate('fedora-44')).rejects.toThrow(
      '; jumplead images pull fedora-44 --arch x86_64 fetches it',
    );
    await expect(locate('box')).rejects.toThrow(
      'there is no such file, nor an image of that name in the cache',
    );
    const kept = await cachedBuild({ name: 'box', arch: 'x86_64', format: 1 }, async (work) => {
      await writeFile(join(work, 'out', 'disk.qcow2'), 'x');
      return [await describeFile(join(work, 'out'), 'disk.qcow2')];
    });
    expect((await locate('box')).image).toBe(kept.file);
    await writeFile(join(dir.path, 'box'), '');
    expect((await locate('box')).image).toBe(join(dir.path, 'box'));
  } finally {
    chdir(before);
    vi.unstubAllEnvs();
  }
});
