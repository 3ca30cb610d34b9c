/** What becomes of flashed images in the long run. */
import { once } from 'node:events';
import { symlinkSync } from 'node:fs';
import {
  chmod,
  mkdir,
  mkdtempDisposable,
  open,
  readdir,
  readFile,
  stat,
  utimes,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLog, parseDuration } from '../../../src/core/index.ts';
import type { CallContext } from '../../../src/driver/index.ts';
import {
  collectFlashed,
  findImagesInUse,
  inspectImage,
  qemu,
  verifyFlashed,
} from '../../../src/drivers/qemu/index.ts';
import { openRunFolder } from '../../../src/drivers/qemu/run-folder.ts';
import { flashedDir } from '../../../src/drivers/qemu/storage/content-store.ts';
import { ImageStore } from '../../../src/drivers/qemu/storage/image-store.ts';
import type { Handlers, ImageFlasher } from '../../../src/interfaces/index.ts';
import { bootSector } from '../../fixtures/boot-sector.ts';

const HOLDER = join(import.meta.dirname, '../../fixtures/machine-holder.ts');
const CLI = join(import.meta.dirname, '../../../bin/jumplead.js');
const { signal } = new AbortController();
const log = createLog('silent');

let stack: AsyncDisposableStack;
let home: string;
let store: string;
let state: string;
let cache: string;
beforeEach(async () => {
  stack = new AsyncDisposableStack();
  home = stack.use(await mkdtempDisposable(join(tmpdir(), 'jumplead-upkeep-'))).path;
  // As root QEMU runs as another user, who must get at his files.
  await chmod(home, 0o711);
  vi.stubEnv('XDG_STATE_HOME', join(home, 'state'));
  vi.stubEnv('XDG_CACHE_HOME', join(home, 'cache'));
  state = join(home, 'state/jumplead');
  cache = join(home, 'cache/jumplead');
  store = flashedDir(cache);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await stack.disposeAsync();
});

async function file(name: string, bytes: Uint8Array): Promise<string> {
  const path = join(home, name);
  await writeFile(path, bytes);
  return path;
}

const bootImage = async () => await file('boot.img', Buffer.concat([bootSector(), Buffer.alloc(512)]));
const contents = () => readdir(join(store, 'content'));

test('what a machine uses that is open stays, until its process is killed', async () => {
  const config = {
    ...{ arch: 'x86_64', firmware: 'bios', memory: '64MiB', accelerator: 'tcg', cloudInit: false },
    image: await bootImage(),
  };
  const holder = execa(process.execPath, [HOLDER, JSON.stringify(config), join(home, 'out')], {
    reject: false,
  });
  stack.defer(() => void holder.kill('SIGKILL'));
  await once(holder.stdout, 'data');
  const [sha256 = ''] = await contents();
  const path = join(store, 'content', sha256);
  expect(await findImagesInUse()).toEqual([path]);
  expect(await collectFlashed({ unusedFor: 0 })).toEqual([]);
  // Nor does it matter where the state of whoever clears away is.
  vi.stubEnv('XDG_STATE_HOME', join(home, 'another-state'));
  expect(await collectFlashed({ unusedFor: 0 })).toEqual([]);
  holder.kill('SIGKILL');
  await holder;
  expect(await collectFlashed({ unusedFor: 0, dryRun: true })).toMatchObject([{ path }]);
  expect(await contents()).toEqual([sha256]);
  const { stdout } = await execa(process.execPath, [CLI, 'images', 'gc', '--json', '--older-than', '0s']);
  expect(JSON.parse(stdout)).toMatchObject({ removed: [{ path }], bytes: 4_096 });
  expect(await contents()).toEqual([]);
  expect(await readdir(join(store, 'sent'))).toEqual([]);
});

test('a machine that is off notes its image, kernel and initramfs as well, and forgets what was flashed over', async () => {
  const [kernel, initrd] = [await file('vmlinuz', Buffer.from('k')), await file('initrd', Buffer.from('i'))];
  const machine = qemu({ arch: 'x86_64', kernel, initrd, accelerator: 'tcg', image: await bootImage() });
  const node = await machine.open({ log, signal, path: '', artifacts: join(home, 'out') });
  stack.defer(() => node.close?.());
  const [first = ''] = await contents();
  expect((await findImagesInUse()).toSorted()).toEqual(
    [join(store, 'content', first), kernel, initrd].toSorted(),
  );
  const other = await file('other.img', Buffer.alloc(1_024, 'x'));
  const flasher = node.children['flasher']?.handlers as Handlers<typeof ImageFlasher, CallContext>; // SAFE: every machine has it
  const context = { signal, log, peer: { name: 'the test', local: true } };
  await flasher.flash({ kind: 'local_path', path: other }, null, context);
  const [second = ''] = (await contents()).filter((name) => name !== first);
  expect((await findImagesInUse()).toSorted()).toEqual(
    [join(store, 'content', second), kernel, initrd].toSorted(),
  );
});

test('only what was not used for long enough is removed', async () => {
  const images = await ImageStore.open(store);
  const old = await images.addFile(await file('old', Buffer.alloc(512, 'o')), { signal });
  const used = await images.addFile(await file('used', Buffer.alloc(512, 'u')), { signal });
  for (const { path } of [old, used]) await utimes(path, 0, 0);
  await images.addFile(join(home, 'used'), { signal });
  const waste = await collectFlashed({ unusedFor: parseDuration('30d') });
  expect(waste.map(({ path }) => path)).toEqual([old.path]);
  expect(await contents()).toEqual([used.sha256]);
});

test('an image that somebody begins to use while it is removed is given back', async () => {
  const images = await ImageStore.open(store);
  const { path, sha256 } = await images.addFile(await bootImage(), { signal });
  const run = stack.use(await openRunFolder(join(state, 'runs')));
  await mkdir(join(run.path, 'images'));
  let noted = false;
  const waste = await collectFlashed({
    unusedFor: 0,
    // Asked when the images that are in use have been listed.
    now: () => {
      if (!noted) symlinkSync(path, join(run.path, 'images/note'));
      noted = true;
      return Date.now() + 1_000;
    },
  });
  expect(waste).toEqual([]);
  expect(await contents()).toEqual([sha256]);
});

test('an image is noted before it is looked for', async () => {
  const told: string[] = [];
  const images = await ImageStore.open(store, {
    claim: async (path) => {
      if (told.length === 0) await expect(stat(path)).rejects.toThrow('ENOENT');
      told.push(path);
    },
  });
  const { path } = await images.addFile(await bootImage(), { signal });
  expect(new Set(told)).toEqual(new Set([path]));
});

test('one whose bytes were changed is put aside, and is taken in anew the next time', async () => {
  const images = await ImageStore.open(store);
  const source = await bootImage();
  const whole = await images.addFile(await file('whole', Buffer.alloc(512, 'w')), { signal });
  const { path, sha256 } = await images.addFile(source, { signal });
  await chmod(path, 0o600);
  await using content = await open(path, 'r+');
  await content.write(Buffer.from('!'), 0, 1, 700);
  const verdicts = await Array.fromAsync(verifyFlashed());
  expect(verdicts.filter(({ problem }) => problem !== null)).toMatchObject([
    { id: `flashed ${sha256.slice(0, 12)}`, problem: expect.stringContaining('its SHA-256 is ') },
  ]);
  expect(verdicts).toHaveLength(2);
  expect(await contents()).toEqual([whole.sha256]);
  expect(await readdir(join(store, 'damaged'))).toEqual([sha256]);
  await images.addFile(source, { signal });
  expect(await readFile(path)).toEqual(await readFile(source));
  expect((await collectFlashed({ unusedFor: parseDuration('1h') })).map((waste) => waste.path)).toEqual([
    join(store, 'damaged', sha256),
  ]);
});

test('an image is looked at before it is kept', async () => {
  await inspectImage(await bootImage(), 'boot.img', signal);
  const page = await file('page', Buffer.from('<html>'));
  await expect(inspectImage(page, 'page', signal)).rejects.toThrow(/page: .*it is a web page/);
  await execa('xz', ['-k', join(home, 'boot.img')]);
  await inspectImage(join(home, 'boot.img.xz'), 'boot.img.xz', signal);
  const cut = await file('cut.xz', (await readFile(join(home, 'boot.img.xz'))).subarray(0, -20));
  await expect(inspectImage(cut, 'cut.xz', signal)).rejects.toMatchObject({ code: 'image' });
});
