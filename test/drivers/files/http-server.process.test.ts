import { once } from 'node:events';
import { mkdir, readdir, symlink, writeFile } from 'node:fs/promises';
import { type AddressInfo, connect, createServer } from 'node:net';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { httpServer } from '../../../src/drivers.ts';
import { serve } from '../../../src/index.ts';
import { describeChecks } from '../../conformance/check.ts';
import { httpServerChecks } from '../../conformance/file-servers.ts';
import { serveSpecimen } from '../../conformance/specimen.ts';
import { openTempFolder } from './temp-folder.ts';

const log = pino({ level: 'silent' });

describeChecks('httpServer', httpServerChecks, async () => {
  const folder = await openTempFolder();
  const specimen = await serveSpecimen(httpServer({ root: folder.path }), { breakDevice: () => undefined });
  const close = async () => {
    await specimen[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  };
  const serves = (port: number) =>
    fetch(`http://127.0.0.1:${port}/`).then(
      ({ status }) => status === 404,
      () => false,
    );
  return { ...specimen, serves, [Symbol.asyncDispose]: close };
});

/** What a raw request is answered with; for paths that a client library would tidy up. */
async function ask(port: number, request: string): Promise<string> {
  const socket = connect({ host: '127.0.0.1', port });
  socket.write(`${request} HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n`);
  const chunks: Uint8Array[] = [];
  for await (const chunk of socket) chunks.push(chunk);
  return Buffer.concat(chunks).toString();
}

describe('httpServer', () => {
  it('is used as its page says', async () => {
    await using folder = await openTempFolder();
    const root = folder.path;
    const image = join(folder.outer, 'image');
    await writeFile(image, 'an image');
    // #region use
    await using web = await serve(httpServer({ root }), { log });
    await web.start();
    const url = await web.putFile('boot/image', image);
    expect(await (await fetch(url)).text()).toBe('an image');
    // #endregion
    expect(new URL(url).pathname).toBe('/boot/image');
  });

  it('gives files in parts, and names of any kind', async () => {
    await using folder = await openTempFolder();
    await using web = await serve(httpServer({ root: folder.path }), { log });
    await web.start();
    const url = await web.putFile('a b/ü?#%2e.txt', Buffer.from('0123456789'));
    const part = await fetch(url, { headers: { range: 'bytes=2-4' } });
    expect([part.status, await part.text()]).toEqual([206, '234']);
    const head = await fetch(url, { method: 'HEAD' });
    expect(head.headers.get('content-length')).toBe('10');
  });

  it('shows nothing but the files of its folder', async () => {
    await using folder = await openTempFolder();
    await writeFile(join(folder.outer, 'secret'), 'secret');
    await using web = await serve(httpServer({ root: folder.path }), { log });
    await symlink(join(folder.outer, 'secret'), join(folder.path, 'link'));
    await symlink('inside', join(folder.path, 'alias'));
    await web.storage.write('inside', 'inside');
    await mkdir(join(folder.path, 'dir'));
    await web.start();
    const port = await web.port();
    const status = async (request: string) => (await ask(port, request)).split(' ')[1];
    expect(await status('GET /../secret')).toBe('403');
    expect(await status('GET /dir/%2e%2e/%2e%2e/secret')).toBe('403');
    expect(await status('GET /dir/..%2f..%2fsecret')).toBe('403');
    expect(await status('GET /inside%00')).toBe('403');
    expect(await status('GET /link')).toBe('403');
    expect(await status('GET /%zz')).toBe('400');
    expect(await status('GET /dir')).toBe('404');
    expect(await status('GET /')).toBe('404');
    expect(await status('GET /nothing')).toBe('404');
    expect(await status('PUT /inside')).toBe('405');
    expect(await ask(port, 'GET /alias')).toMatch(/^HTTP\/1.1 200 [\s\S]*\r\n\r\ninside$/);
  });

  it('ends open connections when it is stopped', async () => {
    await using folder = await openTempFolder();
    await using web = await serve(httpServer({ root: folder.path }), { log });
    await web.start();
    const socket = connect({ host: '127.0.0.1', port: await web.port() });
    await once(socket, 'connect');
    socket.write('GET /slow');
    socket.on('error', () => undefined);
    const closed = new Promise((resolve) => socket.once('close', resolve));
    await web.stop();
    await closed;
  });

  it('says who has the port', async () => {
    await using folder = await openTempFolder();
    const other = createServer().listen(0, '127.0.0.1');
    await once(other, 'listening');
    const { port } = other.address() as AddressInfo; // SAFE: it listens by TCP
    await using web = await serve(httpServer({ root: folder.path, port }), { log });
    await expect(web.start()).rejects.toMatchObject({
      code: 'launch',
      message: expect.stringMatching(/EADDRINUSE/),
    });
    const closed = once(other, 'close');
    other.close();
    await closed;
    await web.start();
    expect(await web.url()).toBe(`http://127.0.0.1:${port}`);
  });

  it('leaves nothing of what clients have put there', async () => {
    await using folder = await openTempFolder();
    for (const [removeCreatedOnClose, left] of [
      [true, []],
      [false, ['file']],
    ] as const) {
      const web = await serve(httpServer({ root: folder.path, removeCreatedOnClose }), { log });
      await web.storage.write('file', 'content');
      await web[Symbol.asyncDispose]();
      expect(await readdir(folder.path)).toEqual(left);
    }
  });

  it('listens on the address that others know this host by, if it is told so', async () => {
    await using folder = await openTempFolder();
    await using web = await serve(httpServer({ root: folder.path, host: 'auto' }), { log });
    await web.start();
    expect((await fetch(await web.url())).status).toBe(404);
  });
});
