import { createHash, randomBytes } from 'node:crypto';
import { readdirSync } from 'node:fs';
import { mkdtempDisposable, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { basename, join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, onTestFinished, test, vi } from 'vitest';
import type { Progress } from '../../src/core/index.ts';
import { inspectImage } from '../../src/drivers/qemu/index.ts';
import { collectImages, listImages, type PullImageOptions, pullImage } from '../../src/images/index.ts';
import { type BrokenHost, openBrokenHost, type Reply } from '../fixtures/broken-host.ts';

const BYTES = randomBytes(300_000);
const FOLDER = '/releases/44/Cloud/x86_64/images';
const IMAGE = `${FOLDER}/Fedora-Cloud-Base-Generic-44-1.7.x86_64.qcow2`;
const SUMS = `${FOLDER}/Fedora-Cloud-44-1.7-x86_64-CHECKSUM`;

let stack: AsyncDisposableStack;
let host: BrokenHost;
let cache: string;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  host = stack.use(await openBrokenHost());
  cache = stack.use(await mkdtempDisposable(join(tmpdir(), 'jumplead-pull-'))).path;
});
afterEach(() => stack.disposeAsync());

const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

/** The publisher's folder: the image, and the checksum file as Fedora signs it. */
function publish(bytes: Uint8Array, image: Reply = {}, ...first: Reply[]): void {
  const name = IMAGE.split('/').at(-1);
  const sums = [
    '-----BEGIN PGP SIGNED MESSAGE-----\nHash: SHA256\n',
    `# ${name}: ${bytes.length} bytes\nSHA256 (${name}) = ${sha256(bytes)}`,
    '-----BEGIN PGP SIGNATURE-----\niQIzBAEBCAAdFiEE\n-----END PGP SIGNATURE-----\n',
  ];
  host.serve(SUMS, { bytes: Buffer.from(sums.join('\n')), type: 'text/plain' });
  host.serve(IMAGE, { bytes, etag: `"${sha256(bytes)}"`, ...image }, ...first);
}

const pull = (options: Partial<PullImageOptions> = {}) =>
  pullImage({
    ...{ image: 'fedora-44', arch: 'x86_64', mirror: host.url, cache, waits: [0, 0, 0] },
    ...options,
  });
const pullUrl = (options: Partial<PullImageOptions> = {}) =>
  pull({ image: `${host.url}/my/disk.qcow2`, arch: undefined, mirror: undefined, ...options });

/** All that is in the folder of pulled images. */
const shelf = async () => await readdir(join(cache, 'images', 'pulled')).catch(() => []);
const asked = () => host.seen.map(({ path }) => (path === SUMS ? 'sums' : path === IMAGE ? 'image' : path));

describe('an image of the catalogue', () => {
  test('is checked against the file of its publisher, and kept with what is known of it', async () => {
    publish(BYTES);
    const told: Progress[] = [];
    const { image, known } = await pull({ onProgress: (progress) => told.push(progress) });
    expect(known).toBe(false);
    expect(await readFile(image.file)).toEqual(BYTES);
    expect(image).toMatchObject({
      ...{ kind: 'pulled', name: 'fedora-44', arch: 'x86_64', user: 'fedora' },
      id: `fedora-44-x86_64-${sha256(BYTES).slice(0, 12)}`,
      source: `${host.url}${IMAGE}`,
      digest: { algorithm: 'sha256', value: sha256(BYTES), from: `${host.url}${SUMS}` },
      size: BYTES.length,
    });
    expect(await listImages({ cache })).toEqual([image]);
    expect(await shelf()).toEqual([image.id]);
    expect([...new Set(told.map(({ phase }) => phase))]).toEqual(['checksums', 'download', 'check']);
  });

  test('that is there already is asked for in the checksum file alone', async () => {
    publish(BYTES);
    const { image } = await pull();
    expect(await pull()).toEqual({ image, known: true });
    expect(asked()).toEqual(['sums', 'image', 'sums']);
  });

  test('that two ask for at once is downloaded once', async () => {
    publish(BYTES);
    const [one, two] = await Promise.all([pull(), pull()]);
    expect([one.known, two.known].toSorted()).toEqual([false, true]);
    expect(one.image).toEqual(two.image);
    expect(asked().filter((path) => path === 'image')).toHaveLength(1);
  });

  test('that was renewed is downloaded; the older one stays until it is cleared away', async () => {
    publish(BYTES);
    const { image: older } = await pull();
    const renewed = randomBytes(1_000);
    publish(renewed);
    const { image: newer } = await pull();
    expect(await readFile(newer.file)).toEqual(renewed);
    expect((await listImages({ cache })).map(({ id }) => id).toSorted()).toEqual(
      [older.id, newer.id].toSorted(),
    );
    expect(await collectImages({ cache })).toMatchObject([{ path: older.dir, name: older.id }]);
    expect(await shelf()).toEqual([newer.id]);
  });

  test('that somebody begins to use while images are cleared away stays', async () => {
    publish(BYTES);
    const { image: older } = await pull();
    publish(randomBytes(1_000));
    const { image: newer } = await pull();
    const answers = [[], [older.file]];
    expect(await collectImages({ cache, findInUse: async () => answers.shift() ?? [] })).toEqual([]);
    expect(answers).toEqual([]);
    expect((await shelf()).toSorted()).toEqual([older.id, newer.id].toSorted());
    expect(await readFile(older.file)).toEqual(BYTES);
  });

  test('that is renewed while it is downloaded is not mixed up', async () => {
    publish(BYTES);
    const { bytes } = { bytes: randomBytes(300_000) };
    host.serve(IMAGE, { bytes, etag: '"new"' });
    const failed = pull({
      onProgress: ({ phase }) => {
        if (phase === 'download') publish(bytes);
      },
    });
    await expect(failed).rejects.toMatchObject({
      code: 'image',
      message: `${host.url}${IMAGE}: its publisher has put another in its place while it was downloaded: pull it again`,
    });
    expect(await shelf()).toEqual([]);
  });
});

describe('a host that breaks', () => {
  test('a connection that is cut is made again where it broke off', async () => {
    publish(BYTES, {}, { cutAfter: 100_000 }, { cutAfter: 50_000 });
    const { image } = await pull();
    expect(await readFile(image.file)).toEqual(BYTES);
    const rest = { range: expect.stringMatching(/^bytes=\d+-$/), 'if-range': `"${sha256(BYTES)}"` };
    expect(host.seen.slice(2)).toMatchObject([{ headers: rest }, { headers: rest }]);
  });

  const PAGE = { bytes: Buffer.from('<!doctype html><title>Sorry</title>'), type: 'text/html' };
  test.for([
    ['changes the file meanwhile', { etag: '"other"' }, { etag: '"one"', cutAfter: 1_000 }, 'image'],
    ['sends other bytes', { bytes: BYTES.toReversed() }, {}, 'image'],
    ['ends early', { bytes: BYTES.subarray(0, 1_000) }, {}, 'image'],
    ['announces more than it sends', { length: 400_000, cutAfter: 300_000 }, {}, 'image'],
    ['has no such image', { status: 404, ...PAGE }, {}, 'image'],
    ['answers with a page', PAGE, {}, 'image'],
    ['wants a login', { status: 302, location: '/login' }, {}, 'image'],
    ['fails', { status: 503 }, {}, 'unreachable'],
    ['hangs up', { cutAfter: 0 }, {}, 'unreachable'],
  ] as [string, Reply, Reply, string][])(
    'what it is given is no image when it %s: nothing is kept',
    async ([, reply, first, code]) => {
      publish(BYTES, reply, first);
      host.serve('/login', PAGE);
      await expect(pull()).rejects.toMatchObject({ code, message: expect.stringContaining(IMAGE) });
      expect(await shelf()).toEqual([]);
      expect(await listImages({ cache })).toEqual([]);
    },
  );

  test.for([
    ['is not there', { status: 404 }],
    ['is a page', PAGE],
    ['does not name the image', { bytes: Buffer.from(`${sha256(BYTES)}  another.qcow2\n`) }],
    ['is empty', {}],
  ] as [string, Reply][])(
    'without a checksum nothing is downloaded: the file of it %s',
    async ([, reply]) => {
      publish(BYTES);
      host.serve(SUMS, reply);
      await expect(pull()).rejects.toMatchObject({
        code: 'image',
        message: expect.stringContaining(SUMS),
      });
      expect(asked()).toEqual(['sums']);
      expect(await shelf()).toEqual([]);
    },
  );

  test('a caller who breaks it off gets his reason, and nothing is kept', async () => {
    publish(BYTES, { silentAfter: 100_000 });
    const reason = new Error('enough');
    const caller = new AbortController();
    let there: string[] = [];
    const onProgress = ({ phase }: Progress) => {
      if (phase !== 'download') return;
      there = readdirSync(join(cache, 'images', 'pulled'), { recursive: true }).map(String);
      caller.abort(reason);
    };
    await expect(pull({ signal: caller.signal, onProgress })).rejects.toBe(reason);
    expect(there.some((path) => IMAGE.endsWith(basename(path)))).toBe(true);
    expect(await shelf()).toEqual([]);
  });

  test('what cannot be reached is told with what may help', async () => {
    const { url } = host;
    await host[Symbol.asyncDispose]();
    const error: Error = await pull({ waits: [] }).catch((failed) => failed);
    expect(error.message.replaceAll(url, 'HOST').replace(/127.0.0.1:\d+/, 'IT')).toMatchInlineSnapshot(`
      "HOST/releases/44/Cloud/x86_64/images/Fedora-Cloud-44-1.7-x86_64-CHECKSUM: connect ECONNREFUSED IT
      http_proxy names the proxy, if there is one between here and there
      --mirror, or JUMPLEAD_MIRROR_FEDORA for all pulls, names a copy of the publisher's site"
    `);
  });
});

test('what cannot be reached through a proxy says that there is one, and not which', async () => {
  vi.stubEnv('https_proxy', 'http://me:secret@127.0.0.1:1');
  onTestFinished(() => void vi.unstubAllEnvs());
  const { message }: Error = await pull({ mirror: 'https://mirror.invalid', waits: [] }).catch(
    (failed) => failed,
  );
  expect(message).toContain(
    'https_proxy is set: it was asked for through that proxy, unless no_proxy names the host',
  );
  expect(message).not.toContain('secret');
});

describe('an image by its address', () => {
  const ADDRESS = '/my/disk.qcow2';

  test('is checked against the digest that is given, and known by it', async () => {
    host.serve(ADDRESS, { bytes: BYTES });
    const { image } = await pullUrl({ sha256: sha256(BYTES), name: 'mine', arch: 'aarch64' });
    expect(image).toMatchObject({ name: 'mine', arch: 'aarch64', digest: { from: null } });
    expect(await pullUrl({ sha256: sha256(BYTES), name: 'mine', arch: 'aarch64' })).toEqual({
      image,
      known: true,
    });
    expect(host.seen).toHaveLength(1);
    await expect(pullUrl({ sha512: 'a'.repeat(128) })).rejects.toThrow(/wrong checksum: its SHA-512 is/);
  });

  test('is checked against a file of checksums', async () => {
    host.serve(ADDRESS, { bytes: BYTES });
    host.serve('/my/SHA256SUMS', { bytes: Buffer.from(`${sha256(BYTES)} *disk.qcow2\n`) });
    const { image } = await pullUrl({ checksums: `${host.url}/my/SHA256SUMS` });
    expect(image).toMatchObject({ name: 'disk', digest: { from: `${host.url}/my/SHA256SUMS` } });
  });

  test('without either, the server tells whether it is still the same', async () => {
    host.serve(ADDRESS, { bytes: BYTES, etag: '"one"' });
    const { image } = await pullUrl();
    expect(image).toMatchObject({
      digest: null,
      validator: { value: '"one"' },
      files: [{ sha256: sha256(BYTES) }],
    });
    expect(await pullUrl()).toEqual({ image, known: true });
    host.serve(ADDRESS, { bytes: BYTES.subarray(1), etag: '"two"' });
    expect((await pullUrl()).known).toBe(false);
  });

  test('is not kept when whoever looks at it does not like it', async () => {
    host.serve(ADDRESS, { bytes: BYTES });
    const inspect = async (path: string) => {
      expect(await readFile(path)).toEqual(BYTES);
      throw new Error('no image');
    };
    await expect(pullUrl({ inspect })).rejects.toThrow('no image');
    expect(await shelf()).toEqual([]);
  });

  test('that is cut short where it was packed is not kept', async () => {
    const { stdout } = await execa('xz', ['-c'], { input: BYTES, encoding: 'buffer' });
    const address = '/my/disk.img.xz';
    host.serve(address, { bytes: stdout.subarray(0, -20) });
    const failed = pullUrl({ image: `${host.url}${address}`, inspect: inspectImage });
    await expect(failed).rejects.toMatchObject({ code: 'image', message: expect.stringContaining(address) });
    expect(await shelf()).toEqual([]);
    host.serve(address, { bytes: stdout });
    expect((await pullUrl({ image: `${host.url}${address}`, inspect: inspectImage })).image.name).toBe(
      'disk',
    );
  });

  test('keeps its secrets out of what is written down', async () => {
    host.serve(ADDRESS, { bytes: BYTES });
    const { image } = await pullUrl({ image: `${host.url}${ADDRESS}?token=secret` });
    expect(image.source).toBe(`${host.url}${ADDRESS}?...`);
    expect(await readFile(join(image.dir, 'image.json'), 'utf8')).not.toContain('secret');
  });
});
