import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { expect, it } from 'vitest';
import { opendal } from '../../../src/drivers.ts';
import { serve } from '../../../src/index.ts';

const log = pino({ level: 'silent' });

async function openFolder() {
  const path = await mkdtemp(join(tmpdir(), 'jumplead-test-'));
  return { path, [Symbol.asyncDispose]: () => rm(path, { recursive: true }) };
}

it('is used as its page says', async () => {
  await using folder = await openFolder();
  const root = join(folder.path, 'root');
  const image = join(folder.path, 'image');
  await writeFile(image, 'an image');
  // #region use
  await using storage = await serve(opendal({ scheme: 'fs', options: { root } }), { log });
  await storage.upload('boot/image', image);
  await using file = await storage.open('boot/image', 'rb');
  await file.seek(-5, 'end');
  expect(`${await file.read()}`).toBe('image');
  expect(await Array.fromAsync(storage.scan('boot/'))).toContain('boot/image');
  // #endregion
  expect(await storage.stat('boot/image')).toMatchObject({ size: 8, isFile: true, isFolder: false });
  const copy = join(folder.path, 'copy');
  await storage.download('boot/image', copy);
  expect(await readFile(copy, 'utf8')).toBe('an image');
});

it('deletes what the session has created, and nothing else', async () => {
  await using root = await openFolder();
  await mkdir(join(root.path, 'before'));
  await writeFile(join(root.path, 'before', 'kept'), 'kept');
  const driver = opendal({ scheme: 'fs', options: { root: root.path }, removeCreatedOnClose: true });
  {
    await using storage = await serve(driver, { log });
    await storage.createDir('before/');
    await storage.createDir('new/sub/');
    await storage.write('new/sub/file', 'content');
    await storage.write('before/mine', 'content');
    await storage.write('top', 'content');
    // By another hand, and told.
    await writeFile(join(root.path, 'told'), 'content');
    await storage.registerPath('told');
  }
  // Folders that only came to be on the way to what was asked for stay, as in Python.
  expect((await readdir(root.path, { recursive: true })).toSorted()).toEqual([
    'before',
    'before/kept',
    'new',
  ]);
});

it('deletes what was written when the rest does not come', async () => {
  await using storage = await serve(opendal({ scheme: 'memory' }), { log });
  async function* broken() {
    yield Buffer.from('only the beginning');
    throw new Error('the disk went away');
  }
  await expect(storage.upload('image', broken())).rejects.toThrow('the disk went away');
  expect(await storage.exists('image')).toBe(false);
});

it('lets several delete the same file at once', async () => {
  await using root = await openFolder();
  await using storage = await serve(opendal({ scheme: 'fs', options: { root: root.path } }), { log });
  // opendal looks whether it is there, and then removes it: of so many some have looked when another removes it.
  for (let round = 0; round < 20; round++) {
    await storage.write('file', 'content');
    await Promise.all(Array.from({ length: 16 }, () => storage.delete('file')));
  }
  expect(await readdir(root.path)).toEqual([]);
});

it('says what opendal makes of its options', async () => {
  await expect(
    serve(opendal({ scheme: 'carrier-pigeon' }), { log }),
  ).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: opendal: cannot use the scheme "carrier-pigeon": Unsupported (permanent) at  => scheme is not enabled or supported]`,
  );
  await expect(serve(opendal({ scheme: 's3' }), { log })).rejects.toThrowErrorMatchingInlineSnapshot(
    `[ConfigError: opendal: cannot use the scheme "s3": ConfigInvalid (permanent) at  => The bucket is misconfigured]`,
  );
});
