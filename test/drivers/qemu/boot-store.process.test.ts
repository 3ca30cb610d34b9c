import {
  appendFile,
  mkdir,
  mkdtempDisposable,
  open,
  readdir,
  readFile,
  rename,
  stat,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { acquireLock } from '../../../src/core/index.ts';
import { type BootMaterial, BootStore } from '../../../src/drivers/qemu/boots/boot-store.ts';

const MIB = 2 ** 20;
const KEY = 'a'.repeat(64);
const ABOUT = { ready: 'console /login:/', hostname: 'dut', renews: false };
const { signal } = new AbortController();

let home: Awaited<ReturnType<typeof mkdtempDisposable>>;
let boots: BootStore;
const path = (...names: string[]) => join(home.path, ...names);
const places = () => ({ state: path('state'), cache: path('cache') });

beforeEach(async () => {
  home = await mkdtempDisposable(join(tmpdir(), 'jumplead-boots-'));
  boots = new BootStore(path('boots'));
});
afterEach(() => home.remove());

/** A boot whose memory has a word, then nothing. */
async function material(word = 'booted'): Promise<BootMaterial> {
  const folder = path(`saved-${word}`);
  await mkdir(folder);
  const files = { memory: word, state: `state of ${word}`, history: `${word}\r\nlogin: `, seed: 'seed' };
  for (const [name, text] of Object.entries(files)) await writeFile(join(folder, name), text);
  await truncate(join(folder, 'memory'), 64 * MIB);
  await writeFile(join(folder, 'root'), `${word} disk`);
  const at = (name: string) => join(folder, name);
  return {
    memory: at('memory'),
    state: at('state'),
    history: at('history'),
    seed: at('seed'),
    bases: { 'root.qcow2': at('root') },
  };
}

test('a boot is found as it was stored, holes included, and only by its key', async () => {
  expect(await boots.find(KEY, signal)).toBeUndefined();
  expect(await boots.add(KEY, await material(), ABOUT, signal)).toBe(true);
  const found = await boots.find(KEY, signal);
  expect(found && Object.keys(found.bases)).toEqual(['root.qcow2']);
  expect(await readFile(found?.state ?? '', 'utf8')).toBe('state of booted');
  expect(await readFile(found?.bases['root.qcow2'] ?? '', 'utf8')).toBe('booted disk');
  const memory = await stat(found?.memory ?? '');
  expect([memory.size, memory.blocks * 512]).toEqual([64 * MIB, expect.toSatisfy((bytes) => bytes <= MIB)]);
  expect(await boots.find('b'.repeat(64), signal)).toBeUndefined();
});

test('the first one stays; who comes while another is at it leaves it to him', async () => {
  await boots.add(KEY, await material(), ABOUT, signal);
  expect(await boots.add(KEY, await material('second'), ABOUT, signal)).toBe(false);
  const other = 'c'.repeat(64);
  await using lock = await acquireLock(`${boots.pathOf(other)}.lock`);
  expect(lock).toBeDefined();
  expect(await boots.add(other, await material('third'), ABOUT, signal)).toBe(false);
});

describe('a boot that is not what it was is not given out', () => {
  const damages: Readonly<Record<string, (folder: string) => Promise<unknown>>> = {
    'a state with another byte': async (folder) => {
      await using file = await open(join(folder, 'state'), 'r+');
      await file.write('S', 0);
    },
    'a state that was cut': (folder) => truncate(join(folder, 'state'), 3),
    'a memory with another byte': async (folder) => {
      await using file = await open(join(folder, 'private', 'memory'), 'r+');
      await file.write('x', 5 * MIB);
    },
    'a memory that was cut': (folder) => truncate(join(folder, 'private', 'memory'), MIB),
    'a disk that has grown': (folder) => appendFile(join(folder, 'root.qcow2'), 'more'),
    'a disk that is gone': (folder) => rename(join(folder, 'root.qcow2'), join(folder, 'elsewhere')),
    'a manifest that was cut': (folder) => truncate(join(folder, 'boot.json'), 20),
  };

  test.for(Object.keys(damages))('%s', async (name) => {
    await boots.add(KEY, await material(), ABOUT, signal);
    await damages[name]?.(boots.pathOf(KEY));
    await expect(boots.find(KEY, signal)).rejects.toThrow(boots.pathOf(KEY));
    expect(await boots.remove(KEY, places())).toBe(true);
    expect(await boots.add(KEY, await material('again'), ABOUT, signal)).toBe(true);
  });

  test('but one that only was touched is read again, and is fine', async () => {
    await boots.add(KEY, await material(), ABOUT, signal);
    const memory = join(boots.pathOf(KEY), 'private', 'memory');
    const bytes = await readFile(memory);
    await writeFile(memory, bytes);
    expect(await boots.find(KEY, signal)).toBeDefined();
  });
});

test('one that could not be stored leaves nothing', async () => {
  const saved = await material();
  await expect(boots.add(KEY, { ...saved, state: path('missing') }, ABOUT, signal)).rejects.toThrow('ENOENT');
  const late = AbortSignal.abort(new Error('enough'));
  await expect(boots.add(KEY, saved, ABOUT, late)).rejects.toThrow('enough');
  expect(await readdir(path('boots'))).toEqual([]);
});

test('nobody but its owner gets at its memory and at what is written about it', async () => {
  await boots.add(KEY, await material(), ABOUT, signal);
  const mode = async (...names: string[]) =>
    ((await stat(join(boots.pathOf(KEY), ...names))).mode & 0o777).toString(8);
  expect(await mode('boot.json')).toBe('600');
  expect(await mode('private')).toBe('700');
  expect(await mode('root.qcow2')).toMatch(/^4[04]0$/);
  expect(await mode()).toMatch(/^7[01]0$/);
});
