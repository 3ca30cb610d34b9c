import { createHash, randomBytes } from 'node:crypto';
import { buffer } from 'node:stream/consumers';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import type { Progress } from '../../src/core/index.ts';
import { type DownloadOptions, downloadText, openDownload } from '../../src/download/index.ts';
import { type BrokenHost, LONG_AGO, openBrokenHost, type Reply } from '../fixtures/broken-host.ts';

const { signal } = new AbortController();
const BYTES = randomBytes(300_000);
/** No pause between tries, and three of them. */
const waits = [0, 0, 0];

let host: BrokenHost;
beforeEach(async () => {
  host = await openBrokenHost();
});
afterEach(() => host[Symbol.asyncDispose]());

const hashOf = (bytes: Uint8Array, name = 'sha256') => createHash(name).update(bytes).digest('hex');
const WHOLE = hashOf(BYTES);

/** The SHA-256 of all that is at `path`. */
async function get(path: string, options: Partial<DownloadOptions> = {}): Promise<string> {
  await using download = await openDownload(`${host.url}${path}`, { signal, waits, ...options });
  return hashOf(await buffer(download.chunks));
}

describe('a connection that breaks', () => {
  test.for([
    ['a strong ETag', { etag: '"one"' }, '"one"'],
    ['a time', { lastModified: LONG_AGO }, LONG_AGO],
    ['a time beside a weak ETag', { etag: 'W/"one"', lastModified: LONG_AGO }, LONG_AGO],
  ] as const)('is made again where it broke off, by %s', async ([, validators, condition]) => {
    host.serve('/disk.img', { bytes: BYTES, ...validators }, { cutAfter: 100_000 });
    expect(await get('/disk.img')).toBe(WHOLE);
    // What was sent last may be lost with the connection.
    const [first, rest] = host.seen;
    expect(first?.sent).toBe(100_000);
    expect(rest?.sent).toBeLessThan(BYTES.length);
    expect(rest?.headers).toMatchObject({
      range: `bytes=${BYTES.length - (rest?.sent ?? 0)}-`,
      'if-range': condition,
    });
  });

  test('may break as often as it likes, as long as something comes', async () => {
    host.serve('/disk.img', { bytes: BYTES, etag: '"one"', cutAfter: 30_000 });
    expect(await get('/disk.img')).toBe(WHOLE);
    expect(host.seen.length).toBeGreaterThanOrEqual(10);
  });

  test('is given up when nothing comes any more', async () => {
    const broken = { bytes: BYTES, etag: '"one"', cutAfter: 0 };
    host.serve('/disk.img', broken, { cutAfter: 100_000 });
    await expect(get('/disk.img')).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/the connection broke after \d+ of 300000 bytes/),
    });
    expect(host.seen.length).toBe(1 + waits.length);
  });

  test('is made again before the first byte, too', async () => {
    host.serve('/disk.img', { bytes: BYTES, etag: '"one"' }, { cutAfter: 0 });
    expect(await get('/disk.img')).toBe(WHOLE);
  });

  test('of a server that knows no ranges begins anew, and what is known is dropped', async () => {
    host.serve('/disk.img', { bytes: BYTES, etag: '"one"', ranges: false }, { cutAfter: 100_000 });
    expect(await get('/disk.img')).toBe(WHOLE);
    expect(host.seen.map(({ sent }) => sent)).toEqual([100_000, 300_000]);
  });

  test('cannot be made again where nothing tells whether the file is the same', async () => {
    host.serve('/disk.img', { bytes: BYTES, etag: 'W/"one"' }, { cutAfter: 100_000 });
    await expect(get('/disk.img')).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('tells nothing by which the rest could be known'),
    });
    expect(host.seen.length).toBe(1);
  });

  test('is made again while the server says that it cannot answer', async () => {
    host.serve('/disk.img', { bytes: BYTES, etag: '"one"' }, { cutAfter: 100_000 }, { status: 503 });
    expect(await get('/disk.img')).toBe(WHOLE);
  });

  test.for([
    ['another ETag', { etag: '"two"' }],
    ['no ETag any more', { etag: '' }],
    ['another length, shorter than what is there', { bytes: BYTES.subarray(0, 50_000) }],
    ['another length', { bytes: BYTES.subarray(0, 200_000) }],
    ['another ETag, of a server that heeds no condition', { etag: '"two"', heedless: true }],
    ['another ETag, and no ranges', { etag: '"two"', ranges: false }],
  ] as [string, Reply][])(
    'of a file that has changed meanwhile ends in an error: %s',
    async ([, changed]) => {
      const file = { bytes: BYTES, etag: '"one"' };
      host.serve('/disk.img', { ...file, ...changed }, { ...file, cutAfter: 100_000 });
      await expect(get('/disk.img')).rejects.toMatchObject({
        code: 'image',
        reason: 'the file was changed on the server while it was downloaded',
      });
    },
  );

  test('is one on which nothing comes for too long', async () => {
    host.serve('/disk.img', { bytes: BYTES, etag: '"one"' }, { silentAfter: 100_000 });
    expect(await get('/disk.img', { silence: '50ms' })).toBe(WHOLE);
  });

  test('is waited for no longer than the caller likes', async () => {
    host.serve('/disk.img', { bytes: BYTES, silentAfter: 100_000 });
    const caller = new AbortController();
    const reason = new Error('enough');
    await using download = await openDownload(`${host.url}/disk.img`, { signal: caller.signal });
    const read = buffer(download.chunks);
    caller.abort(reason);
    await expect(read).rejects.toBe(reason);
  });
});

describe('a server that announces more than it has', () => {
  test('has not sent the file', async () => {
    host.serve('/disk.img', { bytes: BYTES, length: 400_000, cutAfter: 300_000 });
    await expect(get('/disk.img')).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(/after \d+ of 400000 bytes/),
    });
  });
});

describe('what is no file', () => {
  test('because it is not there', async () => {
    await expect(get('/disk.img')).rejects.toMatchObject({
      code: 'image',
      message: `${host.url}/disk.img: the server answered HTTP 404 Not Found`,
    });
  });

  test('because it is a page, whatever its type', async () => {
    host.serve('/disk.img', {
      bytes: Buffer.from('\n<!DOCTYPE html><p>Not here'),
      type: 'application/x-raw',
    });
    await expect(get('/disk.img')).rejects.toMatchObject({
      code: 'image',
      message: `${host.url}/disk.img: the server sent a web page: is the address right?`,
    });
  });

  test('because it is a page to log in, at another address', async () => {
    host.serve('/disk.img', { status: 302, location: '/login?from=secret' });
    host.serve('/login', { bytes: Buffer.from('<form action=login>'), type: 'text/html; charset=utf-8' });
    await expect(get('/disk.img')).rejects.toMatchObject({
      code: 'image',
      message: `${host.url}/disk.img: the server sent a web page, after a redirect to ${host.url}/login?...: is a login needed?`,
    });
  });

  test('but bytes are bytes, even if the server takes them for a page', async () => {
    host.serve('/disk.img', { bytes: BYTES, type: 'text/html' });
    expect(await get('/disk.img')).toBe(WHOLE);
  });

  test('because it is too long for a text', async () => {
    host.serve('/SUMS', { bytes: Buffer.alloc(2 * 2 ** 20, 'a') });
    await expect(downloadText(`${host.url}/SUMS`, { signal })).rejects.toMatchObject({ code: 'image' });
  });
});

describe('a server that fails', () => {
  test('is asked again', async () => {
    host.serve('/disk.img', { bytes: BYTES }, { status: 500 });
    expect(await get('/disk.img')).toBe(WHOLE);
  });

  test('is given up in the end', async () => {
    host.serve('/disk.img', { status: 500 });
    await expect(get('/disk.img')).rejects.toMatchObject({
      code: 'unreachable',
      message: `${host.url}/disk.img: the server answered HTTP 500 Internal Server Error`,
    });
    expect(host.seen.length).toBe(1 + waits.length);
  });
});

describe('what is expected', () => {
  const digest = (name: string) => hashOf(BYTES, name);

  test('is found', async () => {
    host.serve('/disk.img', { bytes: BYTES });
    const expected = { sha256: digest('sha256').toUpperCase(), sha512: digest('sha512') };
    expect(await get('/disk.img', { expected })).toBe(WHOLE);
  });

  test.for(['sha256', 'sha512'] as const)('is not found: %s', async (name) => {
    host.serve('/disk.img', { bytes: BYTES });
    const wanted = digest(name).replace(/./g, '0');
    const reason = `wrong checksum: its ${name.replace('sha', 'SHA-')} is ${digest(name)}, expected ${wanted}`;
    await expect(get('/disk.img', { expected: { [name]: wanted } })).rejects.toMatchObject({
      code: 'image',
      reason,
    });
  });
});

test('progress is told to the end', async () => {
  host.serve('/disk.img', { bytes: BYTES });
  const told: Progress[] = [];
  await get('/disk.img', { onProgress: (progress) => told.push(progress) });
  expect(told.at(0)).toMatchObject({ phase: 'download', bytes: 0, total: 300_000 });
  expect(told.at(-1)).toMatchObject({ bytes: 300_000 });
});

test('a download that nobody reads ends when it is disposed of', async () => {
  host.serve('/disk.img', { bytes: Buffer.alloc(20 * 2 ** 20) });
  const download = await openDownload(`${host.url}/disk.img`, { signal });
  expect(download).toMatchObject({ source: `${host.url}/disk.img`, size: 20 * 2 ** 20 });
  await download[Symbol.asyncDispose]();
});
