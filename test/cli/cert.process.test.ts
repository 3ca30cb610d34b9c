import { X509Certificate } from 'node:crypto';
import { mkdtempDisposable, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { connect } from '../../src/client/index.ts';
import { fakePower } from '../../src/drivers/fake/index.ts';
import { openSession } from '../../src/exporter/index.ts';
import { runCli } from './run-cli.ts';

let folder: Awaited<ReturnType<typeof mkdtempDisposable>>;
beforeEach(async () => {
  folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-cert-'));
});
afterEach(() => folder.remove());

test('jumplead cert makes a pair that an exporter serves by, and clients trust by fingerprint or as an authority', async () => {
  const out = join(folder.path, 'lab');
  const args = ['cert', '--name', 'localhost', '--name', '127.0.0.1', '--days', '10', '--out', out, '--json'];
  const { code, stdout, stderr } = await runCli(args);
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  const made = JSON.parse(stdout);
  expect(made).toMatchObject({ cert: join(out, 'cert.pem'), key: join(out, 'key.pem') });
  expect(await readdir(out)).toEqual(['cert.pem', 'key.pem']);
  expect((await stat(made.key)).mode & 0o777).toBe(0o600);
  const cert = await readFile(made.cert, 'utf8');
  const read = new X509Certificate(cert);
  expect(read.fingerprint256).toBe(made.fingerprint);
  expect(read.subjectAltName).toBe('DNS:localhost, IP Address:127.0.0.1');
  const days = (read.validToDate.getTime() - read.validFromDate.getTime()) / 86_400_000;
  expect(Math.round(days)).toBe(10);

  const driver = fakePower();
  await using session = await openSession(driver, { log: pino({ level: 'silent' }) });
  const tls = { cert, key: await readFile(made.key) };
  const { port } = await session.listen({ host: '127.0.0.1', port: 0, tls });
  await using pinned = await connect(`127.0.0.1:${port}`, driver, { fingerprint: made.fingerprint });
  await pinned.on();
  await using trusted = await connect(`localhost:${port}`, driver, { tls: { ca: cert } });
  await trusted.on();
  const other = connect(`127.0.0.1:${port}`, driver, { fingerprint: '00'.repeat(32) });
  await expect(other).rejects.toThrow('the SHA-256 fingerprint of its certificate is');
  await expect(connect(`127.0.0.1:${port}`, driver)).rejects.toMatchObject({ code: 'unreachable' });
});

test('for people it prints the fingerprint, and what to type on both sides', async () => {
  const { code, stdout } = await runCli(['cert', '--name', 'lab-7'], { cwd: folder.path });
  expect(code).toBe(0);
  const { fingerprint256 } = new X509Certificate(await readFile(join(folder.path, 'cert.pem')));
  expect(stdout).toContain(`fingerprint  ${fingerprint256}\n`);
  expect(stdout).toContain(`--tls-grpc lab-7:19090 --fingerprint ${fingerprint256.replaceAll(':', '')}`);
  expect(stdout).toContain('certificate  cert.pem, for lab-7; valid until ');
});

test('a key that is there is not lost', async () => {
  const key = join(folder.path, 'key.pem');
  await writeFile(key, 'precious');
  const refused = await runCli(['cert', '--name', 'a', '--out', folder.path]);
  expect(refused.code).toBe(2);
  expect(refused.stderr).toContain(`${key} is there already; --force replaces it`);
  expect(await readdir(folder.path)).toEqual(['key.pem']);
  expect(await readFile(key, 'utf8')).toBe('precious');
  expect((await runCli(['cert', '--name', 'a', '--out', folder.path, '--force'])).code).toBe(0);
  expect(await readFile(key, 'utf8')).toContain('PRIVATE KEY');
});

test('without openssl it says what to install', async () => {
  const { code, stderr } = await runCli(['cert', '--name', 'a', '--out', folder.path], {
    env: { PATH: folder.path },
  });
  expect(code).toBe(3);
  expect(stderr).toContain('openssl is not installed\ninstall the package openssl');
  expect(await readdir(folder.path)).toEqual([]);
});

test('where it cannot write it says so, without a stack', async () => {
  await writeFile(join(folder.path, 'file'), '');
  const { code, stderr } = await runCli(['cert', '--name', 'a', '--out', join(folder.path, 'file/x')]);
  expect(code).toBe(2);
  expect(stderr).not.toContain('    at ');
  expect(stderr).toContain('file/x: there is a file where a folder must be\n');
  const taken = await runCli(['cert', '--name', 'a', '--out', join(folder.path, 'file')]);
  expect(taken.stderr).toContain('/file: there is something else of that name\n');
});
