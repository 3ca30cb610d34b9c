import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtemp, readdir, readFile, rm, stat, truncate, utimes, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync, zstdCompressSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { type Progress, runTool, sweepFolders } from '../../../src/core/index.ts';
import { incomingFolders } from '../../../src/drivers/qemu/storage/image-index.ts';
import { ImageStore } from '../../../src/drivers/qemu/storage/image-store.ts';

const { signal } = new AbortController();
const options = { signal };
const MIB = 2 ** 20;
let folder: string;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jumplead-store-'));
});
afterAll(() => rm(folder, { recursive: true }));

/** An empty store, whose bytes in `content` can be looked at. */
async function openStore() {
  const path = join(folder, `store-${++count}`);
  const store = await ImageStore.open(path);
  return {
    store,
    path,
    contents: () => readdir(join(path, 'content')),
    incoming: () => readdir(join(path, 'incoming')),
  };
}

/** A file of the user's that nobody has touched for a while. */
async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(folder, `${++count}-${name}`);
  await writeFile(path, bytes);
  return path;
}

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const raw = (seed: string, size = MIB) => Buffer.alloc(size, `${seed} `);

async function qcow2(name: string, ...args: string[]): Promise<string> {
  const path = join(folder, `${++count}-${name}`);
  await runTool('qemu-img', ['create', '-q', '-f', 'qcow2', ...args, path, '4M']);
  await runTool('qemu-io', ['-f', 'qcow2', '-c', 'write -P 0x5a 0 2M', path]);
  return path;
}

async function* inChunks(bytes: Uint8Array, size = 1_000): AsyncIterable<Uint8Array> {
  for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
}

const upload = (chunks: AsyncIterable<Uint8Array>) =>
  ({ name: 'the upload', phase: 'upload', total: null, chunks }) as const;

describe('what comes in', () => {
  test('is kept by its content, read-only, with the user file left alone', async () => {
    const { store } = await openStore();
    const bytes = raw('disk');
    const path = await file('disk.img', bytes);
    const image = await store.addFile(path, options);
    expect(image).toMatchObject({ format: 'raw', virtualSize: MIB, size: MIB, sha256: sha256(bytes) });
    expect(await readFile(image.path)).toEqual(bytes);
    expect((await stat(image.path)).mode & 0o777).toBe(process.getuid?.() === 0 ? 0o440 : 0o400);
    expect((await stat(image.path)).ino).not.toBe((await stat(path)).ino);
    expect((await stat(path)).nlink).toBe(1);
  });

  test.for([
    ['gzip', (bytes: Buffer) => Promise.resolve(gzipSync(bytes))],
    ['zstd', (bytes: Buffer) => Promise.resolve(zstdCompressSync(bytes))],
    ['xz', (bytes: Buffer) => compressed('xz', bytes)],
    ['bzip2', (bytes: Buffer) => compressed('bzip2', bytes)],
  ] as const)('is decompressed by its signature, and known by both: %s', async ([name, compress]) => {
    const { store } = await openStore();
    const bytes = raw(name);
    const sent = await compress(bytes);
    const image = await store.addStream(upload(inChunks(sent, 3)), options);
    expect(image).toMatchObject({ sha256: sha256(bytes), size: MIB });
    expect(await store.find(sha256(sent))).toMatchObject({ path: image.path });
    expect(await store.find(sha256(bytes))).toBeUndefined();
  });

  test.for([
    ['gzip', (bytes: Buffer) => Promise.resolve(gzipSync(bytes))],
    ['zstd', (bytes: Buffer) => Promise.resolve(zstdCompressSync(bytes))],
    ['xz', (bytes: Buffer) => compressed('xz', bytes)],
    ['bzip2', (bytes: Buffer) => compressed('bzip2', bytes)],
  ] as const)('is refused when it ends early or is damaged: %s', async ([name, compress]) => {
    const { store, contents, incoming } = await openStore();
    const sent = await compress(raw(name));
    const damaged = Buffer.from(sent).fill(
      0xff,
      Math.floor(sent.length / 2),
      Math.floor(sent.length / 2) + 4,
    );
    for (const bytes of [sent.subarray(0, -9), damaged]) {
      await expect(store.addStream(upload(inChunks(bytes)), options)).rejects.toMatchObject({
        code: 'image',
        source: 'the upload',
      });
    }
    expect(await contents()).toEqual([]);
    expect(await incoming()).toEqual([]);
  });

  test('of several compressed parts is taken whole', async () => {
    const { store } = await openStore();
    const [one, two] = [raw('one'), raw('two')];
    for (const compress of [gzipSync, zstdCompressSync]) {
      const sent = Buffer.concat([compress(one), compress(two)]);
      const image = await store.addStream(upload(inChunks(sent)), options);
      expect(image.sha256).toBe(sha256(Buffer.concat([one, two])));
    }
  });

  test('takes no room for its zeros', async () => {
    const { store } = await openStore();
    const bytes = Buffer.concat([raw('head'), Buffer.alloc(32 * MIB), raw('tail'), Buffer.alloc(8 * MIB)]);
    const image = await store.addStream(upload(inChunks(bytes, 100_000)), options);
    expect(image).toMatchObject({ size: bytes.length, sha256: sha256(bytes) });
    expect(sha256(await readFile(image.path))).toBe(image.sha256);
    expect((await stat(image.path)).blocks * 512).toBeLessThan(4 * MIB);
  });

  test('may be qcow2, compressed or not', async () => {
    const { store } = await openStore();
    const path = await qcow2('disk.qcow2');
    const plain = await store.addFile(path, options);
    expect(plain).toMatchObject({ format: 'qcow2', virtualSize: 4 * MIB });
    const packed = await store.addStream(upload(inChunks(gzipSync(await readFile(path)))), options);
    expect(packed).toEqual(plain);
  });
});

describe('what is refused', () => {
  test.for([
    ['nothing', Buffer.alloc(0), 'it is empty'],
    ['a web page', Buffer.from('<!DOCTYPE html><html>404</html>'), 'a web page'],
    ['an archive', Buffer.from('PK\x03\x04....'), 'a ZIP archive'],
    ['another format', Buffer.from('KDMV\x01\0\0\0'), 'a VMDK image'],
    ['half a header', Buffer.from('QFI\xfb\0\0\0\x03', 'latin1'), 'ends within its header'],
  ] as const)('%s', async ([, bytes, reason]) => {
    const { store, contents } = await openStore();
    await expect(store.addStream(upload(inChunks(bytes)), options)).rejects.toMatchObject({
      code: 'image',
      reason: expect.stringContaining(reason),
    });
    await expect(store.addFile(await file('bad', bytes), options)).rejects.toMatchObject({ code: 'image' });
    expect(await contents()).toEqual([]);
  });

  test('qcow2 that names other files of this host', async () => {
    const { store } = await openStore();
    const base = await file('base.img', raw('secret', 4 * MIB));
    const overlay = await qcow2('overlay.qcow2', '-b', base, '-F', 'raw');
    await expect(store.addFile(overlay, options)).rejects.toThrow('it is a qcow2 overlay of another file');
    const data = join(folder, `${++count}-data.raw`);
    const external = await qcow2('external.qcow2', '-o', `data_file=${data},data_file_raw=on`);
    await expect(store.addFile(external, options)).rejects.toThrow('its data in another file');
  });

  test('qcow2 that was cut off', async () => {
    const { store, contents } = await openStore();
    const path = await qcow2('cut.qcow2');
    await truncate(path, (await stat(path)).size - MIB);
    await expect(store.addFile(path, options)).rejects.toThrow('it is damaged or incomplete');
    expect(await contents()).toEqual([]);
  });

  test('a file that is missing, or none', async () => {
    const { store } = await openStore();
    await expect(store.addFile(join(folder, 'missing'), options)).rejects.toMatchObject({ code: 'image' });
    await expect(store.addFile(folder, options)).rejects.toMatchObject({ code: 'image' });
  });

  test('a stream that breaks off, with its own reason', async () => {
    const { store, incoming } = await openStore();
    const reason = new Error('connection lost');
    const broken = async function* () {
      yield raw('half');
      throw reason;
    };
    await expect(store.addStream(upload(broken()), options)).rejects.toBe(reason);
    expect(await incoming()).toEqual([]);
  });

  test('a stream that stalls, when the caller gives up', async () => {
    const { store, incoming } = await openStore();
    const controller = new AbortController();
    const stalled = Promise.withResolvers<void>();
    const stall = async function* () {
      yield raw('half');
      stalled.resolve();
      await new Promise(() => undefined);
    };
    const adding = store.addStream(upload(stall()), { signal: controller.signal });
    await stalled.promise;
    const reason = new Error('enough');
    controller.abort(reason);
    await expect(adding).rejects.toBe(reason);
    expect(await incoming()).toEqual([]);
  });
});

describe('what is known', () => {
  test('is not read again: the same file, unchanged', async () => {
    const { store, path } = await openStore();
    const bytes = raw('known');
    const image = await file('known.img', bytes);
    const first = await store.addFile(image, options);
    // Remembered only once nobody has touched the file for a while; then it is so by its times.
    const index = join(path, 'files');
    const { dev, ino, size, mtimeNs, ctimeNs } = await stat(image, { bigint: true });
    const sent = `${first.sha256}.${MIB}`;
    await writeFile(join(index, [dev, ino, size, mtimeNs, ctimeNs].join('-')), sent);
    const seen: Progress[] = [];
    expect(await store.addFile(image, { signal, onProgress: (progress) => seen.push(progress) })).toEqual(
      first,
    );
    expect(seen).toEqual([{ phase: 'known', bytes: MIB, total: MIB, rate: 0 }]);
  });

  test('is read again when it was changed, whatever its size and name', async () => {
    const { store } = await openStore();
    const path = await file('changing.img', raw('one'));
    const first = await store.addFile(path, options);
    const { atime, mtime } = await stat(path);
    await writeFile(path, raw('two'));
    await utimes(path, atime, mtime);
    const second = await store.addFile(path, options);
    expect(second.sha256).not.toBe(first.sha256);
  });

  test('is hashed, but not copied, when it is another copy', async () => {
    const { store } = await openStore();
    const bytes = raw('copied');
    const first = await store.addFile(await file('one.img', bytes), options);
    const phases = new Set<string>();
    const onProgress = ({ phase }: Progress) => void phases.add(phase);
    expect(await store.addFile(await file('two.img', bytes), { signal, onProgress })).toEqual(first);
    expect([...phases]).toEqual(['hash']);
  });

  test('what a killed process was writing is removed by the next; what one writes that lives, stays', async () => {
    const { store, path, incoming } = await openStore();
    await mkdir(join(path, 'incoming', '0123456789ab'));
    await writeFile(join(path, 'incoming', '0123456789ab', 'image'), 'half');
    const [begun, go] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const chunks = (async function* () {
      yield raw('slow');
      begun.resolve();
      await go.promise;
    })();
    const adding = store.addStream({ name: 'slow', phase: 'upload', total: null, chunks }, options);
    await begun.promise;
    expect(await incoming()).toHaveLength(3);
    await sweepFolders(incomingFolders(path));
    expect(await incoming()).toHaveLength(2);
    go.resolve();
    await adding;
    expect(await incoming()).toEqual([]);
  });

  test('is not known any more when its content was removed', async () => {
    const { store } = await openStore();
    const path = await file('removed.img', raw('removed'));
    const image = await store.addFile(path, options);
    await rm(image.path);
    expect(await store.find(image.sha256)).toBeUndefined();
    expect(await store.addFile(path, options)).toEqual(image);
  });
});

test('progress is told from nothing to all', async () => {
  const { store } = await openStore();
  const seen: Progress[] = [];
  const path = await file('progress.img', raw('progress'));
  await store.addFile(path, { signal, onProgress: (progress) => seen.push(progress) });
  expect(seen[0]).toEqual({ phase: 'copy', bytes: 0, total: MIB, rate: 0 });
  expect(seen.at(-1)).toMatchObject({ phase: 'copy', bytes: MIB, total: MIB });
});

describe('a download', () => {
  const bytes = raw('download');
  const server = createServer((request, response) => {
    const url = new URL(request.url ?? '/', 'http://host');
    if (url.pathname === '/redirect') response.writeHead(302, { location: '/image?token=secret' }).end();
    else if (url.pathname === '/image')
      response.writeHead(200, { 'content-length': bytes.length }).end(bytes);
    else if (url.pathname === '/short') {
      response.writeHead(200, { 'content-length': bytes.length });
      response.write(bytes.subarray(0, 1_000), () => response.destroy());
    } else response.writeHead(404).end();
  });
  beforeAll(async () => {
    await once(server.listen(0, '127.0.0.1'), 'listening');
  });
  afterAll(() => void server.close());
  const at = (path: string) => `http://127.0.0.1:${(server.address() as AddressInfo).port}${path}`; // SAFE: it listens on TCP

  test('follows redirects and knows how long it is', async () => {
    const { store } = await openStore();
    const seen: Progress[] = [];
    const onProgress = (progress: Progress) => seen.push(progress);
    const image = await store.addUrl(at('/redirect'), { signal, onProgress });
    expect(image.sha256).toBe(sha256(bytes));
    expect(seen.at(-1)).toMatchObject({ phase: 'download', bytes: MIB, total: MIB });
  });

  test('that breaks off is no image, and quotes no secret', async () => {
    const { store, contents } = await openStore();
    const error = await store.addUrl(at('/short?token=secret'), options).catch((reason) => reason);
    expect(error).toMatchObject({ code: 'unreachable' });
    expect(error.message).not.toContain('secret');
    expect(await contents()).toEqual([]);
  });

  test('of what is not there names the answer', async () => {
    const { store } = await openStore();
    await expect(store.addUrl(at('/missing?token=secret'), options)).rejects.toMatchObject({
      code: 'image',
      message: expect.stringMatching(/404/),
    });
  });
});

async function compressed(program: string, bytes: Buffer): Promise<Buffer> {
  const path = await file('to-compress', bytes);
  await runTool(program, [path]);
  return await readFile(`${path}.${program === 'xz' ? 'xz' : 'bz2'}`);
}
