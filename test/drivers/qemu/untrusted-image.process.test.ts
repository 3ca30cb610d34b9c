import { mkdtemp, open, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { runTool } from '../../../src/core/index.ts';
import { QemuConfig } from '../../../src/drivers/qemu/config.ts';
import { locateFiles } from '../../../src/drivers/qemu/config-files.ts';
import { checkImageFile, readImageFile } from '../../../src/drivers/qemu/storage/check-image.ts';
import { createOverlay, flattenDisk } from '../../../src/drivers/qemu/storage/disks.ts';
import { qemuImg } from '../../../src/drivers/qemu/storage/qemu-img.ts';

const { signal } = new AbortController();
let folder: string;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jumplead-untrusted-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** An image that qemu-img has made. */
async function image(options: readonly string[] = [], size = '4M'): Promise<string> {
  const path = join(folder, `${++count}.qcow2`);
  await runTool('qemu-img', ['create', '-q', '-f', 'qcow2', ...options, path, size]);
  return path;
}

/** Writes a number of 4 bytes into a file. */
async function edit(path: string, at: number, value: number): Promise<void> {
  await using file = await open(path, 'r+');
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value);
  await file.write(bytes, 0, 4, at);
}

/** Runs nothing but what is in `programs`, for the rest of the test. */
async function replacePrograms(programs: Readonly<Record<string, string>>): Promise<void> {
  const path = join(folder, `bin-${++count}`);
  const before = process.env['PATH'];
  onTestFinished(() => {
    process.env['PATH'] = before;
  });
  await runTool('mkdir', [path]);
  for (const [name, script] of Object.entries(programs))
    await writeFile(join(path, name), script, { mode: 0o755 });
  process.env['PATH'] = path;
}

describe('an image that qemu-img makes is accepted, whatever its options', () => {
  test.for([
    ['the smallest clusters', ['-o', 'cluster_size=512']],
    ['the largest clusters', ['-o', 'cluster_size=2M']],
    ['an old version', ['-o', 'compat=0.10']],
    ['another compression', ['-o', 'compression_type=zstd']],
    ['finer clusters', ['-o', 'extended_l2=on']],
    ['wide reference counts', ['-o', 'refcount_bits=64']],
    ['narrow reference counts', ['-o', 'refcount_bits=1']],
    ['clusters set aside', ['-o', 'preallocation=metadata']],
    ['lazy reference counts', ['-o', 'lazy_refcounts=on']],
  ] as const)('%s', async ([, options]) => {
    const path = await image(options);
    expect(await checkImageFile(path, path, signal)).toEqual({ format: 'qcow2', virtualSize: 4 * 2 ** 20 });
  });

  test('snapshots, bitmaps, and a disk of 10 TiB', async () => {
    const path = await image([], '10T');
    await runTool('qemu-img', ['snapshot', '-c', 'one', path]);
    await runTool('qemu-img', ['bitmap', '--add', path, 'changes']);
    expect(await checkImageFile(path, path, signal)).toMatchObject({ virtualSize: 10 * 2 ** 40 });
  });
});

describe('an image that is refused, is so before any program sees it', () => {
  test.for([
    ['a disk of 4 EiB', 24, 0x40000000, 'a disk of 4611686018'],
    ['an L1 table of 16 GiB', 36, 0x7fffffff, 'size of the L1 table in bytes of 17179869176'],
    ['reference counts of 2^47 bytes', 56, 0x7fffffff, 'size of the refcount table in bytes'],
    ['two thousand million snapshots', 60, 0x7fffffff, 'number of snapshots of 2147483647'],
    ['clusters of 2^40 bytes', 20, 40, 'cluster size'],
    ['a header of 2 GiB', 100, 0x7fffffff, 'header length'],
    ['a backing file', 12, 0x200, 'a qcow2 overlay of another file'],
    ['an external data file', 76, 4, 'its data in another file'],
  ] as const)('%s', async ([, at, value, reason]) => {
    const path = await image();
    await edit(path, at, value);
    await replacePrograms({});
    await expect(checkImageFile(path, 'the image', signal)).rejects.toMatchObject({
      code: 'image',
      source: 'the image',
      reason: expect.stringContaining(reason),
    });
  });
});

describe('a run of qemu-img', () => {
  test('gets no more memory than it may have', async () => {
    const path = await image(['-o', 'cluster_size=512']);
    // A hole, but each of its clusters is counted.
    await truncate(path, 600 * 2 ** 30);
    await expect(checkImageFile(path, 'the image', signal)).rejects.toMatchObject({
      code: 'image',
      reason: expect.stringContaining('Cannot allocate memory'),
    });
  });

  test('gets no more of the CPU than it may have', async () => {
    const prlimit = (await runTool('sh', ['-c', 'command -v prlimit'])).stdout.trim();
    await replacePrograms({
      prlimit: `#!/bin/sh\nexec ${prlimit} "$@"\n`,
      'qemu-img': '#!/bin/sh\nulimit -t; ulimit -v; ulimit -c\n',
    });
    const limits = { memory: 2 ** 30, time: '90s' } as const;
    // Seconds of the CPU, KiB of memory, and no core file, which would have the image in it.
    expect(await qemuImg(['check'], { signal, limits })).toBe('90\n1048576\n0');
  });

  test('is ended when it takes too long', async () => {
    await replacePrograms({ 'qemu-img': '#!/bin/sh\nexec /bin/sleep 3600\n' });
    const running = qemuImg(['check'], { signal, limits: { memory: 2 ** 30, time: '50ms' } });
    await expect(running).rejects.toMatchObject({
      code: 'launch',
      message: 'qemu-img check was ended: it may use 1.0 GiB of memory, and 50ms',
    });
  });

  test('is ended when the caller gives up, with his reason', async () => {
    await replacePrograms({ 'qemu-img': '#!/bin/sh\nexec /bin/sleep 3600\n' });
    const caller = new AbortController();
    const running = qemuImg(['check'], { signal: caller.signal });
    const reason = new Error('enough');
    caller.abort(reason);
    await expect(running).rejects.toBe(reason);
  });

  test('names what is missing', async () => {
    await replacePrograms({ prlimit: '#!/bin/sh\nexit 1\n' });
    await expect(qemuImg(['check'], { signal })).rejects.toMatchObject({
      code: 'launch',
      message: expect.stringContaining('qemu-img is not installed'),
      hint: expect.stringContaining('qemu-utils'),
    });
  });

  test('names the format of every file', async () => {
    const log = join(folder, 'calls');
    const real = (await runTool('sh', ['-c', 'command -v qemu-img'])).stdout.trim();
    const [base, overlay, whole] = ['base', 'overlay', 'whole'].map((name) =>
      join(folder, `${name}-${++count}`),
    );
    await writeFile(base ?? '', Buffer.alloc(2 ** 20, 'x'));
    await replacePrograms({ 'qemu-img': `#!/bin/sh\necho "$@" >> ${log}\nexec ${real} "$@"\n` });
    await createOverlay(overlay ?? '', { path: base ?? '', format: 'raw' }, null);
    await flattenDisk(overlay ?? '', whole ?? '', 'raw', { signal });
    const { virtualSize } = await readImageFile(whole ?? '', 'whole');
    expect(virtualSize).toBe(2 ** 20);
    await using file = await open(log);
    const calls = (await file.readFile('utf8')).trim().split('\n');
    expect(calls.map((call) => call.split(' ')[0])).toEqual(['measure', 'convert']);
    for (const call of calls) expect(call).toMatch(/ -f qcow2 /);
  });
});

describe('a disk that the configuration names', () => {
  const located = (path: string) =>
    locateFiles(QemuConfig.parse({ arch: 'x86_64', kernel: '/bin/sh', disks: [{ path, format: 'qcow2' }] }));

  test('may lie over another of a stated format', async () => {
    const base = await image();
    const overlay = await image(['-b', base, '-F', 'qcow2']);
    expect((await located(overlay)).disks).toMatchObject([{ path: overlay }]);
  });

  test('may not leave it to QEMU what that is', async () => {
    const base = await image();
    const overlay = await image(['-b', base, '-F', 'qcow2']);
    // As older versions wrote it: without the extension that says so.
    await edit(overlay, 112, 0x6803f857);
    await expect(located(overlay)).rejects.toThrow(
      'does not say which format the file has that it lies over',
    );
  });

  test('may not keep its data in another file, nor be of absurd size', async () => {
    const external = await image(['-o', `data_file=${join(folder, 'data.raw')},data_file_raw=on`]);
    await expect(located(external)).rejects.toThrow('its data in another file');
    const absurd = await image();
    await edit(absurd, 36, 0x7fffffff);
    await expect(located(absurd)).rejects.toThrow('size of the L1 table');
  });
});
