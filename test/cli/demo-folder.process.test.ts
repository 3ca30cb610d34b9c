import { chmod, mkdir, mkdtempDisposable, readdir, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { writeBootTimes } from '../../src/cli/demo/boot-times.ts';
import { openDemoFolder } from '../../src/cli/demo/folder.ts';
import { writeTimeline } from '../../src/cli/demo/timeline.ts';

test('a demo removes what an earlier one left, and nothing of the user', async () => {
  await using dir = await mkdtempDisposable(join(tmpdir(), 'jumplead-demo-'));
  const folder = join(dir.path, 'out', 'demo');
  await openDemoFolder(folder);
  await mkdir(join(folder, 'thesis'));
  for (const name of ['console.log', 'timeline.json', 'photo.png', 'thesis/chapter.md'])
    await writeFile(join(folder, name), '');
  await openDemoFolder(folder);
  expect((await readdir(folder, { recursive: true })).toSorted()).toEqual([
    'photo.png',
    'thesis',
    'thesis/chapter.md',
  ]);
});

test('what a demo writes is for nobody else, also in a folder of the user that others may look into', async () => {
  await using dir = await mkdtempDisposable(join(tmpdir(), 'jumplead-demo-'));
  await chmod(dir.path, 0o755);
  await openDemoFolder(dir.path);
  await writeTimeline(dir.path, [{ name: 'image', start: 0, duration: 1, outcome: 'there' }]);
  await writeBootTimes(dir.path, { cold: 1 });
  const names = ['boot-times.json', 'timeline.json', 'timeline.txt'];
  expect((await readdir(dir.path)).toSorted()).toEqual(names);
  for (const name of names) expect((await stat(join(dir.path, name))).mode & 0o777, name).toBe(0o600);
});

test('a folder that cannot be made is the mistake of who named it', async () => {
  const path = join(import.meta.filename, 'out');
  await expect(openDemoFolder(path)).rejects.toMatchObject({
    code: 'config',
    message: `--out: got ${JSON.stringify(path)}, where no folder can be made (ENOTDIR)`,
  });
});
