/** Proxies, and authorities of one's own. */
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test, vi } from 'vitest';
import { downloadText, upload } from '../../src/download/index.ts';
import { selfSigned } from '../exporter/self-signed.ts';
import { openBrokenHost } from '../fixtures/broken-host.ts';
import { openHttpProxy } from '../fixtures/http-proxy.ts';

const { signal } = new AbortController();
const file = { bytes: Buffer.from('the file') };

afterEach(() => void vi.unstubAllEnvs());

describe('a server that is signed by nobody this host knows', () => {
  test('is not trusted, and the error says what to do', async () => {
    await using host = await openBrokenHost(await selfSigned());
    host.serve('/file', file);
    await expect(downloadText(`${host.url}/file`, { signal })).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringMatching(
        /signed by nobody this host knows; .* NODE_EXTRA_CA_CERTS or SSL_CERT_FILE/,
      ),
    });
    expect(host.seen).toEqual([]);
  });

  test('is trusted if its authority is in SSL_CERT_FILE, through a proxy too', async () => {
    const signed = await selfSigned();
    await using folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-ca-'));
    const path = join(folder.path, 'ca.pem');
    await writeFile(path, signed.cert);
    await using host = await openBrokenHost(signed);
    await using proxy = await openHttpProxy();
    host.serve('/file', file);
    vi.stubEnv('SSL_CERT_FILE', path);
    expect(await downloadText(`${host.url}/file`, { signal })).toBe('the file');
    vi.stubEnv('https_proxy', `http://${proxy.address}`);
    expect(await downloadText(`${host.url}/file`, { signal })).toBe('the file');
    expect(proxy.seen).toMatchObject([{ to: new URL(host.url).host }]);
  });

  test('is no reason to be silent about a file that is not there', async () => {
    vi.stubEnv('SSL_CERT_FILE', '/no/such.pem');
    await expect(downloadText('https://localhost:1/file', { signal })).rejects.toMatchObject({
      code: 'config',
      message: expect.stringContaining(
        'environment: SSL_CERT_FILE: got "/no/such.pem", which cannot be read',
      ),
    });
  });
});

describe('a proxy', () => {
  test('is used as the environment says, with its password, in both directions', async () => {
    await using host = await openBrokenHost();
    await using proxy = await openHttpProxy();
    host.serve('/file', file);
    vi.stubEnv('http_proxy', `http://me:secret@${proxy.address}`);
    expect(await downloadText(`${host.url}/file`, { signal })).toBe('the file');
    await upload(`${host.url}/file`, one(), { signal });
    const authorization = `Basic ${Buffer.from('me:secret').toString('base64')}`;
    const to = new URL(host.url).host;
    expect(proxy.seen).toEqual([
      { to, authorization },
      { to, authorization },
    ]);
    vi.stubEnv('no_proxy', '127.0.0.1');
    expect(await downloadText(`${host.url}/file`, { signal })).toBe('the file');
    expect(proxy.seen.length).toBe(2);
    expect(JSON.stringify(host.seen)).not.toContain('secret');
  });

  test('that is none is not quoted: there may be a password in it', async () => {
    vi.stubEnv('http_proxy', 'me:secret@:proxy');
    const error = await downloadText('http://127.0.0.1:1/file', { signal }).catch((reason) => reason);
    expect(error).toMatchObject({ code: 'config', message: expect.stringContaining('http_proxy') });
    expect(error.message).not.toContain('secret');
  });
});

async function* one(): AsyncGenerator<Uint8Array> {
  yield file.bytes;
}
