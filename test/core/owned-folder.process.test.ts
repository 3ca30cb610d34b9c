import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdir, mkdtempDisposable, readdir, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import {
  acquireLock,
  discard,
  findLeftFolders,
  isLocked,
  openOwnedFolder,
  sweepFolders,
  tryLock,
} from '../../src/core/index.ts';

const OWNER = join(import.meta.dirname, '../fixtures/folder-owner.ts');
const temporary = () => mkdtempDisposable(join(tmpdir(), 'jumplead-owned-'));

/** Another process that makes a folder, and dies `at` a moment: before that exists, with it, or in the midst of a removal. */
async function killedOwner(parent: string, at: 'locked' | 'made' | 'looking'): Promise<void> {
  const { signal } = await execa(process.execPath, [OWNER, parent, at], { reject: false });
  expect(signal).toBe('SIGKILL');
}

describe('a folder of ours', () => {
  test('is private, and gone with its lock when it is closed', async () => {
    await using dir = await temporary();
    const folder = await openOwnedFolder({ parent: dir.path, prefix: 'x-' });
    expect(folder.name).toMatch(/^x-[0-9a-f]{12}$/);
    expect(await readdir(dir.path)).toEqual([folder.name, `${folder.name}.lock`]);
    await writeFile(join(folder.path, 'file'), '');
    await Promise.all([folder[Symbol.asyncDispose](), folder[Symbol.asyncDispose]()]);
    expect(await readdir(dir.path)).toEqual([]);
  });

  test.for(['locked', 'made'] as const)('is swept away when its owner was killed: %s', async (at) => {
    await using dir = await temporary();
    const kind = { parent: dir.path, prefix: 'x-' };
    await killedOwner(dir.path, at);
    expect(await readdir(dir.path)).toHaveLength(at === 'locked' ? 1 : 2);
    expect(await findLeftFolders(kind)).toHaveLength(1);
    const buried: string[] = [];
    await sweepFolders(kind, { bury: async (path) => void buried.push(path) });
    expect(buried).toHaveLength(1);
    expect(await readdir(dir.path)).toEqual([]);
  });

  test.for(['file', 'folder'])(
    'gives back what its owner was about to remove when he was killed: a %s',
    async (what) => {
      await using dir = await temporary();
      const [parent, image] = [join(dir.path, 'removed'), join(dir.path, 'images/one')];
      await mkdir(parent);
      await mkdir(what === 'file' ? join(dir.path, 'images') : image, { recursive: true });
      await writeFile(what === 'file' ? image : join(image, 'disk'), 'precious');
      await killedOwner(parent, 'looking');
      expect(existsSync(image)).toBe(false);
      await sweepFolders({ parent, prefix: 'x-' });
      expect(await readFile(what === 'file' ? image : join(image, 'disk'), 'utf8')).toBe('precious');
      expect(await readdir(parent)).toEqual([]);
    },
  );

  test.for(['removed', 'kept'] as const)(
    'what is to be removed is %s, as somebody wants it or not',
    async (outcome) => {
      await using dir = await temporary();
      const image = join(dir.path, 'image');
      await writeFile(image, '');
      const isWanted = async () => {
        expect(existsSync(image)).toBe(false);
        return outcome === 'kept';
      };
      expect(await discard(image, { parent: dir.path, prefix: 'x-' }, isWanted)).toBe(outcome);
      expect(await readdir(dir.path)).toEqual(outcome === 'kept' ? ['image'] : []);
    },
  );

  test('stays as long as its owner lives, even one that stands still', async () => {
    await using dir = await temporary();
    const kind = { parent: dir.path, prefix: 'x-' };
    const owner = execa(process.execPath, [OWNER, dir.path, 'alive'], { reject: false });
    await once(owner.stdout, 'data');
    owner.kill('SIGSTOP');
    await sweepFolders(kind);
    expect(await findLeftFolders(kind)).toEqual([]);
    expect(await readdir(dir.path)).toHaveLength(2);
    owner.kill('SIGKILL');
    await owner;
    await sweepFolders(kind);
    expect(await readdir(dir.path)).toEqual([]);
  });

  test('many that are made, closed and swept at once do not touch each other', async () => {
    await using dir = await temporary();
    const kind = { parent: dir.path, prefix: 'x-' };
    const once = async () => {
      await using folder = await openOwnedFolder(kind);
      await sweepFolders(kind);
      expect(existsSync(folder.path)).toBe(true);
    };
    await Promise.all(Array.from({ length: 12 }, once));
    expect(await readdir(dir.path)).toEqual([]);
  });

  test('other files are let alone, whatever they are called', async () => {
    await using dir = await temporary();
    const others = ['0123456789ab', 'x-0123', 'x-0123456789abc', 'y-0123456789ab.lock'];
    for (const name of others) await mkdir(join(dir.path, name));
    await sweepFolders({ parent: dir.path, prefix: 'x-' });
    expect(await readdir(dir.path)).toEqual(others.toSorted());
  });

  test.runIf(process.getuid?.() === 0)('of another user stays, and is not taken for dead', async () => {
    await using dir = await temporary();
    await chmod(dir.path, 0o777);
    const args = [
      '--reuid',
      '60000',
      '--regid',
      '60000',
      '--clear-groups',
      'mkdir',
      join(dir.path, 'x-0123456789ab'),
    ];
    await execa('setpriv', args);
    await sweepFolders({ parent: dir.path, prefix: 'x-' });
    expect(await readdir(dir.path)).toHaveLength(1);
  });
});

describe('a lock', () => {
  test('is held once, within a process too; whoever waits gets it next, and its file goes with the last', async () => {
    await using dir = await temporary();
    const path = join(dir.path, 'lock');
    const first = await tryLock(path);
    expect(first).toBeDefined();
    expect(await tryLock(path)).toBeUndefined();
    expect(await isLocked(path)).toBe(true);
    const second = acquireLock(path);
    await first?.[Symbol.asyncDispose]();
    const lock = await second;
    expect(await isLocked(path)).toBe(true);
    await lock[Symbol.asyncDispose]();
    expect(await isLocked(path)).toBe(false);
    expect(await readdir(dir.path)).toEqual([]);
  });

  test('is not waited for any longer than the caller wants', async () => {
    await using dir = await temporary();
    const path = join(dir.path, 'lock');
    await using _lock = await tryLock(path);
    const abort = new AbortController();
    const reason = new Error('enough');
    const waiting = acquireLock(path, { signal: abort.signal });
    abort.abort(reason);
    await expect(waiting).rejects.toBe(reason);
  });
});
