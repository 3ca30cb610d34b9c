import { mkdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { runTool } from '../../../src/core/index.ts';
import { openTftpServer } from '../../../src/drivers/files/tftp/server.ts';
import type { SetTimer } from '../../../src/drivers/files/tftp/transfer.ts';
import { tftpServer } from '../../../src/drivers.ts';
import { serve } from '../../../src/index.ts';
import { createImage } from '../../conformance/bytes.ts';
import { describeChecks } from '../../conformance/check.ts';
import { tftpServerChecks } from '../../conformance/file-servers.ts';
import { serveSpecimen } from '../../conformance/specimen.ts';
import { openTempFolder } from './temp-folder.ts';
import { openRawTftp } from './tftp-client.ts';

const log = pino({ level: 'silent' });

/** Whether something is bound to that UDP port. */
async function isBound(port: number): Promise<boolean> {
  const hex = port.toString(16).toUpperCase().padStart(4, '0');
  return (await readFile('/proc/net/udp', 'utf8')).includes(`0100007F:${hex} `);
}

describeChecks('tftpServer', tftpServerChecks, async () => {
  const folder = await openTempFolder();
  const driver = tftpServer({ root: folder.path, port: 0 });
  const specimen = await serveSpecimen(driver, { breakDevice: () => undefined });
  const close = async () => {
    await specimen[Symbol.asyncDispose]();
    await folder[Symbol.asyncDispose]();
  };
  return { ...specimen, serves: isBound, [Symbol.asyncDispose]: close };
});

describe('tftpServer', () => {
  it('is used as its page says', async () => {
    await using folder = await openTempFolder();
    const root = folder.path;
    // #region use
    await using tftp = await serve(tftpServer({ root, port: 0 }), { log });
    await tftp.storage.write('pxelinux.0', 'a boot loader');
    await tftp.start();
    const address = `tftp://${await tftp.host()}:${await tftp.port()}/pxelinux.0`;
    // #endregion
    const { stdout } = await runTool('curl', ['--silent', '--show-error', address]);
    expect(stdout).toBe('a boot loader');
  });

  // Sizes around the end of a block; the last takes more blocks than their numbers go.
  it.each([
    [511, 512],
    [512, 512],
    [513, 512],
    [300_000, 1428],
    [300_000, 65_464],
    [600_000, 8],
  ])('gives curl %i bytes in blocks of %i', async (size, blockSize) => {
    await using folder = await openTempFolder();
    await mkdir(join(folder.path, 'dir'), { recursive: true });
    const image = createImage(size);
    await writeFile(join(folder.path, 'dir', 'image'), image);
    await using tftp = await serve(tftpServer({ root: folder.path, port: 0 }), { log });
    await tftp.start();
    const got = join(folder.outer, 'got');
    const blocks = ['--tftp-blksize', String(blockSize)];
    const args = ['--silent', '--show-error', ...blocks, '--output', got];
    await runTool('curl', [...args, `tftp://127.0.0.1:${await tftp.port()}/dir/image`]);
    expect((await readFile(got)).equals(image)).toBe(true);
  });
});

/** A server whose timers the test lets run out. */
async function openServer() {
  const stack = new AsyncDisposableStack();
  const folder = stack.use(await openTempFolder());
  await mkdir(folder.path);
  const timers = new Set<() => void>();
  const setTimer: SetTimer = (act) => {
    timers.add(act);
    return { [Symbol.dispose]: () => timers.delete(act) };
  };
  const server = stack.use(
    await openTftpServer({ root: folder.path, host: '127.0.0.1', port: 0, log, setTimer }),
  );
  const client = stack.use(await openRawTftp(server.port));
  return {
    ...folder,
    server,
    client,
    letTimeRunOut: () => {
      for (const act of timers) act();
    },
    [Symbol.asyncDispose]: () => stack.disposeAsync(),
  };
}

describe('TFTP, packet by packet', () => {
  it('options are answered, then acknowledged, then the file comes from another port', async () => {
    await using test = await openServer();
    const { client } = test;
    await writeFile(join(test.path, 'file'), 'twelve bytes');
    await client.send('\0\x01file\0octet\0blksize\x008\0tsize\x000\0');
    expect(await client.next()).toBe('\0\x06blksize\x008\0tsize\x0012\0');
    expect(client.peer).not.toBe(test.server.port);
    await client.send('\0\x04\0\0');
    expect(await client.next()).toBe('\0\x03\0\x01twelve b');
    await client.send('\0\x04\0\x01');
    expect(await client.next()).toBe('\0\x03\0\x02ytes');
    await client.send('\0\x04\0\x02');
  });

  it('what is not acknowledged is sent again, and an acknowledgement that comes twice is not answered', async () => {
    await using test = await openServer();
    const { client } = test;
    await writeFile(join(test.path, 'file'), `${'a'.repeat(512)}b`);
    await client.send('\0\x01file\0octet\0');
    const first = await client.next();
    test.letTimeRunOut();
    expect(await client.next()).toBe(first);
    await client.send('\0\x04\0\x01');
    await client.send('\0\x04\0\x01');
    expect(await client.next()).toBe('\0\x03\0\x02b');
    // A block that was sent again because of the second acknowledgement would come before this error.
    await client.send('\0\x01file\0mail\0', test.server.port);
    expect(await client.next()).toBe('\0\x05\0\x04modes: octet, netascii\0');
  });

  it('a client that falls silent is given up', async () => {
    await using test = await openServer();
    const { client } = test;
    await writeFile(join(test.path, 'file'), 'content');
    await client.send('\0\x01file\0octet\0');
    for (let sent = 0; sent < 5; sent += 1) {
      expect(await client.next()).toBe('\0\x03\0\x01content');
      test.letTimeRunOut();
    }
    const last = await client.next();
    expect(last.startsWith('\0\x05\0\0')).toBe(true);
    expect(last).toContain('it has fallen silent');
  });

  it('an empty file is one empty block', async () => {
    await using test = await openServer();
    await writeFile(join(test.path, 'file'), '');
    await test.client.send('\0\x01file\0octet\0');
    expect(await test.client.next()).toBe('\0\x03\0\x01');
  });

  it('a request that is repeated does not start a second transfer', async () => {
    await using test = await openServer();
    const { client } = test;
    await writeFile(join(test.path, 'file'), 'content');
    await client.send('\0\x01file\0octet\0');
    await client.next();
    const { peer } = client;
    await client.send('\0\x01file\0octet\0', test.server.port);
    test.letTimeRunOut();
    await client.next();
    expect(client.peer).toBe(peer);
  });

  it('somebody else gets an error and disturbs nothing', async () => {
    await using test = await openServer();
    const { client } = test;
    await writeFile(join(test.path, 'file'), 'a'.repeat(512));
    await client.send('\0\x01file\0octet\0');
    await client.next();
    await using other = await openRawTftp(client.peer);
    await other.send('\0\x04\0\x01');
    expect(await other.next()).toBe('\0\x05\0\x05not your transfer\0');
    await client.send('\0\x04\0\x01');
    expect(await client.next()).toBe('\0\x03\0\x02');
  });

  it('text travels with the line ends of the network, its size untold', async () => {
    await using test = await openServer();
    await writeFile(join(test.path, 'file'), 'one\ntwo\r');
    await test.client.send('\0\x01file\0netascii\0tsize\x000\0');
    expect(await test.client.next()).toBe('\0\x03\0\x01one\r\ntwo\r\0');
  });

  it('a name may begin with a slash and lead into folders, but not out', async () => {
    await using test = await openServer();
    const { client } = test;
    await mkdir(join(test.path, 'dir'));
    await writeFile(join(test.path, 'dir', 'file'), 'inside');
    await writeFile(join(test.outer, 'secret'), 'secret');
    await symlink(join(test.outer, 'secret'), join(test.path, 'link'));
    const ask = async (name: string) => {
      await using asking = await openRawTftp(test.server.port);
      await asking.send(`\0\x01${name}\0octet\0`);
      return await asking.next();
    };
    expect(await ask('/dir/file')).toBe('\0\x03\0\x01inside');
    for (const name of ['../secret', 'dir/../../secret', '..\\secret', 'link'])
      expect(await ask(name), name).toBe('\0\x05\0\x02access violation\0');
    for (const name of ['none', 'dir']) expect(await ask(name), name).toBe('\0\x05\0\x01file not found\0');
    await client.send('\0\x02file\0octet\0');
    expect(await client.next()).toBe('\0\x05\0\x02files are served to be read\0');
    await client.send('\0\x01nonsense');
    expect(await client.next()).toBe('\0\x05\0\x04not a request\0');
  });

  it('whoever is being served is told when the server stops', async () => {
    await using test = await openServer();
    await writeFile(join(test.path, 'file'), 'content');
    await test.client.send('\0\x01file\0octet\0');
    await test.client.next();
    await test.server[Symbol.asyncDispose]();
    expect(await test.client.next()).toBe('\0\x05\0\0the server was stopped\0');
  });
});
