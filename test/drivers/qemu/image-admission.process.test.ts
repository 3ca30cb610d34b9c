/** What keeps an image out of the store, and that none comes in twice. */
import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { crc32, gzipSync, zstdCompressSync } from 'node:zlib';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import type { Progress } from '../../../src/core/index.ts';
import { ImageStore, type StoreOptions } from '../../../src/drivers/qemu/storage/image-store.ts';
import { LONG_AGO, openBrokenHost } from '../../fixtures/broken-host.ts';
import { linesOf } from '../../support/lines.ts';
import { canMount, openSmallDisk } from '../../support/small-disk.ts';

const { signal } = new AbortController();
const options = { signal };
const MIB = 2 ** 20;
const ADDER = join(import.meta.dirname, '../../fixtures/image-adder.ts');
let folder: string;
let count = 0;

beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'jumplead-admission-'));
});
afterAll(() => rm(folder, { recursive: true }));

async function openStore(storeOptions: StoreOptions = {}, path = join(folder, `store-${++count}`)) {
  const store = await ImageStore.open(path, storeOptions);
  return {
    store,
    path,
    /** Everything in it that is not a note. */
    files: async () => [await readdir(join(path, 'content')), await readdir(join(path, 'incoming'))].flat(),
  };
}

const digest = (bytes: Uint8Array, name = 'sha256') => createHash(name).update(bytes).digest('hex');
const BYTES = randomBytes(MIB);

/** A file that nobody has touched for a while; but its inode is as young as it is. */
async function file(bytes: Uint8Array): Promise<string> {
  const path = join(folder, `${++count}.img`);
  await writeFile(path, bytes);
  await utimes(path, 0, 0);
  return path;
}

function upload(bytes: Uint8Array, size = 64 * 1_024) {
  const taken = { bytes: 0 };
  const chunks = async function* () {
    for (let at = 0; at < bytes.length; at += size) {
      const chunk = bytes.subarray(at, at + size);
      taken.bytes += chunk.length;
      yield chunk;
    }
  };
  return { taken, incoming: { name: 'the upload', phase: 'upload', total: null, chunks: chunks() } as const };
}

describe('a checksum', () => {
  const right = { sha256: digest(BYTES).toUpperCase(), sha512: digest(BYTES, 'sha512') };

  test.for(['sha256', 'sha512'] as const)('that is wrong keeps an image out: %s', async (name) => {
    const { store, files } = await openStore();
    const expected = { ...right, [name]: right[name].replace(/./g, '0') };
    const refused = { code: 'image', reason: expect.stringContaining('wrong checksum') };
    await using host = await openBrokenHost();
    host.serve('/disk.img', { bytes: BYTES });
    const path = await file(BYTES);
    await expect(store.addStream(upload(BYTES).incoming, { signal, expected })).rejects.toMatchObject(
      refused,
    );
    await expect(store.addFile(path, { signal, expected })).rejects.toMatchObject(refused);
    await expect(store.addUrl(`${host.url}/disk.img`, { signal, expected })).rejects.toMatchObject(refused);
    expect(await files()).toEqual([]);
  });

  test.for(['sha256', 'sha512'] as const)('is compared with what is known, too: %s', async (name) => {
    const { store } = await openStore();
    const path = await file(BYTES);
    const image = await store.addFile(path, options);
    expect(await store.addFile(path, { signal, expected: right })).toEqual(image);
    const expected = { [name]: right[name].replace(/./g, '0') };
    await expect(store.addFile(path, { signal, expected })).rejects.toMatchObject({ code: 'image' });
  });

  test('is of the bytes as they come: compressed', async () => {
    const { store } = await openStore();
    const sent = gzipSync(BYTES);
    const expected = { sha256: digest(sent), sha512: digest(sent, 'sha512') };
    const image = await store.addStream(upload(sent).incoming, { signal, expected });
    expect(image.sha256).toBe(digest(BYTES));
    await expect(store.addStream(upload(sent).incoming, { signal, expected: right })).rejects.toMatchObject({
      code: 'image',
    });
  });

  test('that is known spares the bytes', async () => {
    const { store } = await openStore();
    const image = await store.addFile(await file(BYTES), options);
    const expected = { sha256: right.sha256 };
    const { incoming, taken } = upload(BYTES);
    expect(await store.addStream(incoming, { signal, expected })).toEqual(image);
    expect(taken.bytes).toBe(0);
    expect(await store.addUrl('http://127.0.0.1:1/disk.img', { signal, expected })).toEqual(image);
  });
});

describe('what unpacks to more than it may', () => {
  test.for([
    ['zstd', (bytes: Buffer) => zstdCompressSync(bytes)],
    ['gzip', (bytes: Buffer) => gzipSync(bytes)],
    ['xz', async (bytes: Buffer) => Buffer.from(await compress('xz', bytes))],
  ] as const)('is stopped at the limit, even if it is nothing but zeros: %s', async ([, pack]) => {
    const { store, files } = await openStore({ largest: 8 * MIB });
    const bomb = await pack(Buffer.alloc(24 * MIB));
    expect(bomb.length).toBeLessThan(MIB / 8);
    await expect(store.addStream(upload(bomb).incoming, options)).rejects.toMatchObject({
      code: 'image',
      reason: 'it unpacks to more than 8.0 MiB',
    });
    expect(await files()).toEqual([]);
  });
});

test('an .xz that asks for 4 GiB of memory does not get it', async () => {
  const { store, files } = await openStore();
  const greedy = Buffer.from(await compress('xz', BYTES));
  // The header of its only block: size, flags, LZMA2, and the size of the dictionary as one byte; then its own CRC32.
  const header = greedy.subarray(12, 12 + (greedy.readUInt8(12) + 1) * 4);
  expect([...header.subarray(1, 4)]).toEqual([0, 0x21, 1]);
  header.writeUInt8(40, 4);
  header.writeUInt32LE(crc32(header.subarray(0, -4)), header.length - 4);
  await expect(store.addStream(upload(greedy).incoming, options)).rejects.toMatchObject({
    code: 'image',
    reason: expect.stringMatching(/xz: .*[Mm]emory usage limit/),
  });
  expect(await files()).toEqual([]);
});

describe.runIf(canMount)('a full disk', () => {
  /** A store on a file system of 16 MiB, a real one. */
  async function openSmall(stack: AsyncDisposableStack) {
    const { path } = stack.use(await openSmallDisk(16 * MIB));
    return { ...(await openStore({}, join(path, 'store'))), mount: path };
  }
  const full = { code: 'capacity', fault: 'lab', message: expect.stringContaining('no space left for') };

  test('is noticed before anything is written, where the size is known', async () => {
    await using stack = new AsyncDisposableStack();
    const { store, files } = await openSmall(stack);
    const { incoming, taken } = upload(randomBytes(32 * MIB));
    await expect(store.addStream({ ...incoming, total: 32 * MIB }, options)).rejects.toMatchObject(full);
    expect(taken.bytes).toBe(0);
    expect(await files()).toEqual([]);
  });

  test('is never made by an image that unpacks to too much: others keep some room', async () => {
    await using stack = new AsyncDisposableStack();
    const { store, files, mount } = await openSmall(stack);
    const noise = Buffer.concat([randomBytes(MIB), randomBytes(15 * MIB)]);
    await expect(store.addStream(upload(noise).incoming, options)).rejects.toMatchObject(full);
    expect(await files()).toEqual([]);
    await writeFile(join(mount, 'of others'), randomBytes(MIB));
  });

  test('that others have filled meanwhile leaves nothing behind', async () => {
    await using stack = new AsyncDisposableStack();
    const { store, files, mount } = await openSmall(stack);
    const old = await store.addFile(await file(BYTES), options);
    const chunks = async function* () {
      yield randomBytes(4 * MIB);
      await writeFile(join(mount, 'of others'), randomBytes(10 * MIB));
      yield randomBytes(4 * MIB);
    };
    const incoming = { name: 'the upload', phase: 'upload', total: null, chunks: chunks() } as const;
    await expect(store.addStream(incoming, options)).rejects.toMatchObject(full);
    expect(await files()).toEqual([old.sha256]);
  });
});

describe('the same image twice at once', () => {
  test('is downloaded once, within a process', async () => {
    const { store } = await openStore();
    await using host = await openBrokenHost();
    host.serve('/disk.img', { bytes: BYTES, etag: '"one"' });
    const [one, two] = await Promise.all([1, 2].map(() => store.addUrl(`${host.url}/disk.img`, options)));
    expect(one).toEqual(two);
    expect(host.seen.map(({ sent }) => sent)).toEqual([MIB, 0]);
    expect(host.seen[1]?.headers['if-none-match']).toBe('"one"');
  });

  test('is asked for once, if its checksum is known', async () => {
    const { store } = await openStore();
    await using host = await openBrokenHost();
    host.serve('/disk.img', { bytes: BYTES });
    const expected = { sha256: digest(BYTES) };
    await Promise.all([1, 2].map(() => store.addUrl(`${host.url}/disk.img`, { signal, expected })));
    expect(host.seen.map(({ sent }) => sent)).toEqual([MIB]);
  });

  test('is uploaded once, if its checksum is known', async () => {
    const { store } = await openStore();
    const [one, two] = [upload(BYTES), upload(BYTES)];
    const expected = { sha256: digest(BYTES) };
    await Promise.all([one, two].map(({ incoming }) => store.addStream(incoming, { signal, expected })));
    expect([one.taken.bytes, two.taken.bytes].toSorted((a, b) => a - b)).toEqual([0, MIB]);
  });

  test('is copied once, within a process', async () => {
    const { store } = await openStore();
    const path = await file(BYTES);
    const phases: string[][] = await Promise.all(
      [1, 2].map(async () => {
        const seen = new Set<string>();
        await store.addFile(path, { signal, onProgress: ({ phase }: Progress) => void seen.add(phase) });
        return [...seen];
      }),
    );
    expect(phases.flat().filter((phase) => phase === 'copy').length).toBeLessThanOrEqual(1);
    expect(phases.some((seen) => !seen.includes('copy'))).toBe(true);
  });

  test('whose first attempt fails, is tried by the second', async () => {
    const { store } = await openStore();
    await using host = await openBrokenHost();
    host.serve('/disk.img', { bytes: BYTES }, { status: 404 });
    const both = [1, 2].map(() => store.addUrl(`${host.url}/disk.img`, options));
    const outcomes = (await Promise.allSettled(both)).map(({ status }) => status);
    expect(outcomes.toSorted()).toEqual(['fulfilled', 'rejected']);
  });

  test('is downloaded once, by two processes', async () => {
    const { path } = await openStore();
    await using host = await openBrokenHost();
    host.serve('/disk.img', { bytes: BYTES, lastModified: LONG_AGO });
    const told = await addByProcesses(path, `${host.url}/disk.img`);
    expect(host.seen.map(({ sent }) => sent)).toEqual([MIB, 0]);
    expect(told.map(({ sha256 }) => sha256)).toEqual([digest(BYTES), digest(BYTES)]);
  });

  test('is copied once, by two processes', async () => {
    const { path } = await openStore();
    const told = await addByProcesses(path, await file(BYTES));
    expect(told.filter(({ phases }) => phases.includes('copy')).length).toBeLessThanOrEqual(1);
    expect(told.map(({ sha256 }) => sha256)).toEqual([digest(BYTES), digest(BYTES)]);
  });
});

/** Two processes add the same at the same time. */
async function addByProcesses(
  store: string,
  image: string,
): Promise<readonly { readonly sha256: string; readonly phases: readonly string[] }[]> {
  const adders = [1, 2].map(() => {
    const child = spawn(process.execPath, [ADDER, store, image], { stdio: ['pipe', 'pipe', 'inherit'] });
    return { child, lines: linesOf(child.stdout), closed: once(child, 'close') };
  });
  for (const { lines } of adders) expect((await lines.next()).value).toBe('open');
  for (const { child } of adders) child.stdin.write('go\n');
  const told = [];
  for (const { lines } of adders) told.push(JSON.parse(String((await lines.next()).value)));
  for (const { closed } of adders) await closed;
  return told;
}

async function compress(program: string, bytes: Buffer): Promise<Uint8Array> {
  return (await execa(program, ['-c'], { input: bytes, encoding: 'buffer' })).stdout;
}
