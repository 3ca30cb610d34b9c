import { mkdtempDisposable, stat, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { makeFolder } from '../../src/core/index.ts';

const workDir = () => mkdtempDisposable(join(tmpdir(), 'jumplead-folder-'));
const modeOf = async (path: string) => (await stat(path)).mode & 0o777;

test('makes what is missing around it, each with the mode, and says where that began', async () => {
  await using dir = await workDir();
  const path = join(dir.path, 'a', 'b', 'c');
  expect(await makeFolder(path, 0o700)).toBe(join(dir.path, 'a'));
  expect(await makeFolder(path, 0o711)).toBeUndefined();
  expect(await makeFolder(join(path, 'd'), 0o711)).toBe(join(path, 'd'));
  const modes = ['a', 'a/b', 'a/b/c', 'a/b/c/d'].map((name) => modeOf(join(dir.path, name)));
  expect(await Promise.all(modes)).toEqual([0o700, 0o700, 0o700, 0o711]);
});

test('twice at once, it is made once', async () => {
  await using dir = await workDir();
  const path = join(dir.path, 'a', 'b');
  const made = await Promise.all(Array.from({ length: 8 }, () => makeFolder(path)));
  expect(made).toContain(join(dir.path, 'a'));
  expect((await stat(path)).isDirectory()).toBe(true);
});

test('through a link to a folder; not where something else is', async () => {
  await using dir = await workDir();
  const at = (name: string) => join(dir.path, name);
  await writeFile(at('file'), '');
  await symlink('nowhere', at('dangling'));
  await makeFolder(at('real'));
  await symlink('real', at('link'));
  expect(await makeFolder(at('link'))).toBeUndefined();
  expect(await makeFolder(at('link/a'))).toBe(at('link/a'));
  await expect(makeFolder(at('file'))).rejects.toMatchObject({ code: 'EEXIST', path: at('file') });
  await expect(makeFolder(at('file/a'))).rejects.toMatchObject({ code: 'ENOTDIR' });
  await expect(makeFolder(at('dangling'))).rejects.toMatchObject({ code: 'EEXIST' });
  await expect(makeFolder(at('dangling/a'))).rejects.toMatchObject({ code: 'EEXIST' });
});

test.runIf(process.platform === 'linux')('ends where a file system takes no folders', async () => {
  const error = { code: 'ENOENT', syscall: 'mkdir', path: '/proc/x' };
  await expect(makeFolder('/proc/x/y/z')).rejects.toMatchObject(error);
});
