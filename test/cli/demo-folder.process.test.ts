import { mkdir, mkdtempDisposable, readdir, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openDemoFolder } from '../../src/cli/demo/folder.ts';

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
