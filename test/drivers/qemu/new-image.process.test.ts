import { mkdtempDisposable, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import { createBlankDisk, createOverlay } from '../../../src/drivers/qemu/storage/disks.ts';

const [KIB, MIB, GIB, TIB] = [2 ** 10, 2 ** 20, 2 ** 30, 2 ** 40];

const folder = () => mkdtempDisposable(join(tmpdir(), 'jumplead-image-'));
const qemuImg = async (...args: string[]) => (await execa('qemu-img', args)).stdout;
/** Runs commands of qemu-io. Throws where a pattern that is read is another. */
async function qemuIo(disk: string, ...commands: string[]): Promise<void> {
  const { stdout } = await execa('qemu-io', [
    '-f',
    'qcow2',
    ...commands.flatMap((word) => ['-c', word]),
    disk,
  ]);
  if (/failed/i.test(stdout)) throw new Error(stdout);
}

/** What qemu-img says of an image, without what differs between any two files. */
async function describeImage(path: string): Promise<Record<string, unknown>> {
  const {
    filename,
    'actual-size': _size,
    children,
    ...rest
  } = JSON.parse(await qemuImg('info', '-U', '--output=json', path));
  return rest;
}

async function bytesOf(path: string, start: string, size: number): Promise<string> {
  await writeFile(path, start);
  await truncate(path, size);
  return path;
}

describe('a new disk is what qemu-img would have made', () => {
  test.for([
    ['a sector', 512, null],
    ['an odd number of bytes', 1_000, null],
    ['a disk that fills one entry of its table', 512 * MIB, null],
    ['one byte more', 512 * MIB + 1, null],
    ['a template of firmware variables', 540_672, null],
    ['a larger disk than its base', 3 * MIB, 40 * GIB],
    ['the largest disk', MIB, 16 * TIB - 64 * KIB],
  ] as const)('%s', async ([, baseSize, size]) => {
    await using temporary = await folder();
    const base = await bytesOf(join(temporary.path, 'base, with: odd,name'), 'the first bytes', baseSize);
    const [ours, theirs] = [join(temporary.path, 'ours'), join(temporary.path, 'theirs')];

    await createOverlay(ours, { path: base, format: 'raw' }, size);

    await qemuImg(
      'create',
      '-q',
      '-f',
      'qcow2',
      '-F',
      'raw',
      '-b',
      base,
      theirs,
      ...(size ? [`${size}`] : []),
    );
    expect(await describeImage(ours)).toEqual(await describeImage(theirs));
    expect(await qemuImg('check', '-f', 'qcow2', ours)).toContain('No errors were found');
    await qemuIo(ours, 'read -P 0x74 0 1');
  });

  test('an empty one', async () => {
    await using temporary = await folder();
    const [ours, theirs] = [join(temporary.path, 'ours'), join(temporary.path, 'theirs')];

    await createBlankDisk(ours, 10 * GIB);

    await qemuImg('create', '-q', '-f', 'qcow2', theirs, `${10 * GIB}`);
    expect(await describeImage(ours)).toEqual(await describeImage(theirs));
    expect(await qemuImg('check', '-f', 'qcow2', ours)).toContain('No errors were found');
  });
});

test('overlays of overlays keep what was written to each, and stay whole', async () => {
  await using temporary = await folder();
  const path = (name: string) => join(temporary.path, name);
  await bytesOf(path('base'), 'the first bytes', 700 * MIB + 512);
  await createOverlay(path('parent'), { path: path('base'), format: 'raw' }, null);
  await qemuIo(path('parent'), 'write -P 0xaa 1M 128k', 'write -P 0xbb 700M 512');

  await createOverlay(path('fork'), { path: path('parent'), format: 'qcow2' }, null);
  expect(await qemuImg('compare', path('parent'), path('fork'))).toContain('Images are identical');
  await qemuIo(path('fork'), 'write -P 0xcc 1M 64k');

  const read = ['read -P 0xcc 1M 64k', 'read -P 0xaa 1088k 64k', 'read -P 0xbb 700M 512', 'read -P 0x74 0 1'];
  await qemuIo(path('fork'), ...read);
  await qemuIo(path('parent'), 'read -P 0xaa 1M 128k');
  await expect(qemuIo(path('parent'), 'read -P 0xcc 1M 64k')).rejects.toThrow('verification failed');
  for (const name of ['parent', 'fork'])
    expect(await qemuImg('check', '-f', 'qcow2', path(name))).toContain('No errors were found');
});

test('it takes next to nothing of the disk, and only its owner may read it', async () => {
  await using temporary = await folder();
  const disk = join(temporary.path, 'disk');
  await createBlankDisk(disk, TIB);
  const { mode, blocks } = await stat(disk);
  expect(mode & 0o777).toBe(0o600);
  expect(blocks * 512).toBeLessThanOrEqual(16 * KIB);
});

test('a base that is not there, or whose path is too long for qcow2, leaves nothing', async () => {
  await using temporary = await folder();
  const disk = join(temporary.path, 'disk');
  const missing = { path: join(temporary.path, 'missing'), format: 'raw' } as const;
  await expect(createOverlay(disk, missing, null)).rejects.toThrow('ENOENT');
  const far = { path: `/${'long/'.repeat(250)}`, format: 'raw' } as const;
  await expect(createOverlay(disk, far, MIB)).rejects.toThrow('allowed: 1023 bytes');
  await expect(stat(disk)).rejects.toThrow('ENOENT');
});
