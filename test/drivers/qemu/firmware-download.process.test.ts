import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdir, mkdtempDisposable, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ImageError, type Progress, runTool, UnreachableError } from '../../../src/core/index.ts';
import {
  downloadFirmware,
  type FirmwareRelease,
  PREBUILT,
} from '../../../src/drivers/qemu/firmware-download.ts';

const workDir = () => mkdtempDisposable(join(tmpdir(), 'jumplead-download-'));

/** An archive as the releases have it: one folder of the release's name, in it one for each architecture. */
async function makeArchive(dir: string): Promise<Buffer> {
  for (const arch of ['x64', 'aarch64']) {
    await mkdir(join(dir, 'release-bin', arch), { recursive: true });
    for (const name of ['code.fd', 'vars.fd'])
      await writeFile(join(dir, 'release-bin', arch, name), `${arch} ${name}`);
  }
  await runTool('tar', ['-cJf', join(dir, 'archive.tar.xz'), '-C', dir, 'release-bin']);
  return readFile(join(dir, 'archive.tar.xz'));
}

async function serve(listener: RequestListener) {
  const server = createServer(listener).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // SAFE: it listens on TCP
  return {
    url: `http://127.0.0.1:${port}/release-bin.tar.xz`,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

const digest = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');
const release = (url: string, sha256: string): FirmwareRelease => ({ tag: 'edk2-test', url, sha256 });

/** The error without the port of this run. */
const said = async (promise: Promise<unknown>) => {
  const error: unknown = await promise.catch((reason: unknown) => reason);
  return String(error)
    .replaceAll(/:\d{4,5}\//g, ':PORT/')
    .replaceAll(/[0-9a-f]{64}/g, 'SHA256');
};

test('downloads, checks and extracts once for all architectures, telling how far it is', async () => {
  await using dir = await workDir();
  const bytes = await makeArchive(dir.path);
  let requests = 0;
  await using server = await serve((_, response) => {
    requests += 1;
    response.setHeader('content-length', bytes.length).end(bytes);
  });
  const seen: Progress[] = [];
  const options = {
    cacheDir: join(dir.path, 'cache'),
    onProgress: (progress: Progress) => seen.push(progress),
  };
  const x86 = await downloadFirmware(release(server.url, digest(bytes)), 'x86_64', options);
  expect(x86).toEqual({
    kind: 'uefi',
    description: 'EDK II prebuilt, edk2-test',
    code: { path: join(dir.path, 'cache/firmware/edk2-test/x64/code.fd'), format: 'raw' },
    vars: { path: join(dir.path, 'cache/firmware/edk2-test/x64/vars.fd'), format: 'raw' },
  });
  expect(await readFile(x86.code.path, 'utf8')).toBe('x64 code.fd');
  const arm = await downloadFirmware(release(server.url, digest(bytes)), 'aarch64', options);
  expect((await stat(arm.code.path)).size).toBe(64 * 2 ** 20);
  expect((await stat(arm.vars.path)).size).toBe(64 * 2 ** 20);
  expect(requests).toBe(1);
  expect(seen.at(-1)).toMatchObject({ phase: 'firmware', bytes: bytes.length, total: bytes.length });
  expect(await readdir(join(dir.path, 'cache/firmware'))).toEqual(['edk2-test']);
});

test('an archive with another digest is refused, and leaves nothing', async () => {
  await using dir = await workDir();
  await using server = await serve((_, response) => response.end('something else'));
  const failing = downloadFirmware(release(server.url, '0'.repeat(64)), 'x86_64', { cacheDir: dir.path });
  await expect(failing).rejects.toBeInstanceOf(ImageError);
  expect(await said(failing)).toMatchInlineSnapshot(`
    "ImageError: downloading firmware edk2-test: http://127.0.0.1:PORT/release-bin.tar.xz: wrong checksum: its SHA-256 is SHA256, expected SHA256
    Install QEMU's firmware for x86_64 (Debian: ovmf), or name its files in firmware: {code, vars}."
  `);
  expect(await readdir(join(dir.path, 'firmware'))).toEqual([]);
});

test('a download that breaks off is refused, and leaves nothing', async () => {
  await using dir = await workDir();
  const bytes = await makeArchive(dir.path);
  await using server = await serve((_, response) => {
    response
      .setHeader('content-length', bytes.length)
      .write(bytes.subarray(0, 100), () => response.destroy());
  });
  const failing = downloadFirmware(release(server.url, digest(bytes)), 'x86_64', { cacheDir: dir.path });
  await expect(failing).rejects.toBeInstanceOf(UnreachableError);
  expect(await said(failing)).toMatch(/^UnreachableError: downloading firmware edk2-test: http:.*tar.xz: ./);
  expect(await readdir(join(dir.path, 'firmware'))).toEqual([]);
});

test('a server that does not have it', async () => {
  await using dir = await workDir();
  await using server = await serve((_, response) => response.writeHead(404).end('no'));
  const failing = downloadFirmware(release(server.url, '0'.repeat(64)), 'aarch64', { cacheDir: dir.path });
  await expect(failing).rejects.toMatchObject({ code: 'image', source: server.url });
  expect(await said(failing)).toMatchInlineSnapshot(`
    "ImageError: downloading firmware edk2-test: http://127.0.0.1:PORT/release-bin.tar.xz: the server answered HTTP 404 Not Found
    Install QEMU's firmware for aarch64 (Debian: qemu-efi-aarch64), or name its files in firmware: {code, vars}."
  `);
});

test('a server that is not there', async () => {
  await using dir = await workDir();
  const gone = await serve(() => undefined);
  await gone[Symbol.asyncDispose]();
  const failing = downloadFirmware(release(gone.url, '0'.repeat(64)), 'aarch64', { cacheDir: dir.path });
  expect(await said(failing)).toContain('ECONNREFUSED');
});

test('a caller who gives up gets his own reason', async () => {
  await using dir = await workDir();
  const given = new AbortController();
  const reason = new Error('enough');
  await using server = await serve((_, response) => {
    response.write('first bytes', () => given.abort(reason));
  });
  const failing = downloadFirmware(release(server.url, '0'.repeat(64)), 'x86_64', {
    cacheDir: dir.path,
    signal: given.signal,
  });
  await expect(failing).rejects.toBe(reason);
  expect(await readdir(join(dir.path, 'firmware'))).toEqual([]);
});

test('two that need it at the same time both get it', async () => {
  await using dir = await workDir();
  const bytes = await makeArchive(dir.path);
  await using server = await serve((_, response) => response.end(bytes));
  const get = () => downloadFirmware(release(server.url, digest(bytes)), 'x86_64', { cacheDir: dir.path });
  const [one, other] = await Promise.all([get(), get()]);
  expect(one).toEqual(other);
  expect(await readdir(join(dir.path, 'firmware'))).toEqual(['edk2-test']);
});

test('the release that is built in has a digest and an address of its own', () => {
  expect(PREBUILT.sha256).toMatch(/^[0-9a-f]{64}$/);
  expect(PREBUILT.url).toContain(`/${PREBUILT.tag}/${PREBUILT.tag}-bin.tar.xz`);
});
