/** Images in storages that the package `opendal` reaches. */
import { createHash, randomBytes } from 'node:crypto';
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, serve } from 'jumplead';
import { openSession } from 'jumplead/exporter';
import { fakeImageFlasher } from 'jumplead/fake';
import { Operator } from 'opendal';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { type BrokenHost, openBrokenHost } from '../fixtures/broken-host.ts';
import { isSigned } from '../fixtures/s3-signature.ts';

const log = pino({ level: 'silent' });
const IMAGE = randomBytes(3_000_000);
const sha256 = createHash('sha256').update(IMAGE).digest('hex');
const SECRET = 'a-key-that-nobody-sees';

let host: BrokenHost;
beforeEach(async () => {
  host = await openBrokenHost();
});
afterEach(() => host[Symbol.asyncDispose]());

/** A flasher in this process, or in one that counts as another. */
async function openFlasher(where: 'here' | 'elsewhere') {
  await using stack = new AsyncDisposableStack();
  const driver = fakeImageFlasher();
  if (where === 'here') {
    const flasher = stack.use(await serve(driver, { log }));
    const held = stack.move();
    return { flasher, driver, [Symbol.asyncDispose]: () => held.disposeAsync() };
  }
  const session = stack.use(await openSession(driver, { log }));
  const at = await session.listen({ host: '127.0.0.1', port: 0, insecure: true, passphrase: 'x' });
  const flasher = stack.use(
    await connect(`${at.host}:${at.port}`, driver, { insecure: true, passphrase: 'x' }),
  );
  const held = stack.move();
  return { flasher, driver, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

const s3 = (secret = SECRET) =>
  new Operator('s3', {
    endpoint: host.url,
    bucket: 'images',
    region: 'us-east-1',
    access_key_id: 'nobody',
    secret_access_key: secret,
  });

describe.for(['here', 'elsewhere'] as const)('an exporter %s is flashed', (where) => {
  test('from a folder', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-opendal-'));
    await writeFile(join(folder.path, 'disk.img'), IMAGE);
    const operator = new Operator('fs', { root: folder.path });
    await using it = await openFlasher(where);
    const told: (number | null)[] = [];
    const onProgress = ({ total }: { total: number | null }) => void told.push(total);
    await it.flasher.flash({ operator, path: 'disk.img' }, { sha256, onProgress });
    expect(it.driver.device.images.get('root')).toMatchObject({ sha256, bytes: IMAGE.length });
    expect(told).toContain(IMAGE.length);
  });

  test('from an HTTP server', async () => {
    host.serve('/disk.img', { bytes: IMAGE });
    const operator = new Operator('http', { endpoint: host.url });
    await using it = await openFlasher(where);
    await it.flasher.flash({ operator, path: 'disk.img' });
    expect(it.driver.device.images.get('root')).toMatchObject({ sha256 });
  });

  test('from S3', async () => {
    host.serve('/images/debian/disk.img', { bytes: IMAGE, allow: (request) => isSigned(request, SECRET) });
    await using it = await openFlasher(where);
    await it.flasher.flash({ operator: s3(), path: 'debian/disk.img' });
    expect(it.driver.device.images.get('root')).toMatchObject({ sha256 });
    const last = host.seen.at(-1);
    const signature = {
      here: /^AWS4-HMAC-SHA256 Credential=nobody/,
      elsewhere: /[?&]X-Amz-Signature=[0-9a-f]{64}/,
    };
    // Where the bytes would have to take two ways, the exporter fetches them itself by a signed address.
    expect(where === 'here' ? last?.headers.authorization : last?.url).toMatch(signature[where]);
    expect(JSON.stringify(host.seen)).not.toContain(SECRET);
  });

  test('but not from S3 by a wrong key, which is not told', async () => {
    host.serve('/images/disk.img', { bytes: IMAGE, allow: (request) => isSigned(request, SECRET) });
    await using it = await openFlasher(where);
    const error = await it.flasher
      .flash({ operator: s3('a-wrong-key'), path: 'disk.img' })
      .catch((e: unknown) => e);
    expect(error).toMatchObject({
      fault: 'lab',
      message: expect.stringMatching(/cannot read disk\.img: .*403|PermissionDenied/),
    });
    expect(String(error)).not.toContain('a-wrong-key');
    expect(it.driver.device.images.size).toBe(0);
  });

  test('but not with what is not there', async () => {
    await using it = await openFlasher(where);
    const { operator, path } = { operator: new Operator('fs', { root: tmpdir() }), path: 'no-such.img' };
    await expect(it.flasher.flash({ operator, path })).rejects.toMatchObject({
      code: 'not-found',
      missing: 'no-such.img',
      message: expect.stringContaining('flasher.flash: opendal cannot read no-such.img: NotFound'),
    });
    await expect(it.flasher.flash({ operator: s3(), path: 'gone.img' })).rejects.toMatchObject({
      code: 'not-found',
    });
    expect(it.driver.device.images.size).toBe(0);
  });
});

test('a checksum is looked up by the name in the storage', async () => {
  host.serve('/images/disk.img', { bytes: IMAGE });
  host.serve('/SHA256SUMS', { bytes: Buffer.from(`${sha256.replace(/./g, '0')}  disk.img\n`) });
  await using it = await openFlasher('here');
  const flashed = it.flasher.flash(
    { operator: s3(), path: 'disk.img' },
    { checksums: `${host.url}/SHA256SUMS` },
  );
  await expect(flashed).rejects.toMatchObject({
    code: 'image',
    reason: expect.stringContaining('wrong checksum'),
  });
});

test('a storage that goes away is no end of the image', async () => {
  host.serve('/images/disk.img', { bytes: IMAGE, cutAfter: 1_000_000 });
  await using it = await openFlasher('here');
  await expect(it.flasher.flash({ operator: s3(), path: 'disk.img' })).rejects.toMatchObject({
    fault: 'lab',
  });
  expect(it.driver.device.images.size).toBe(0);
});
