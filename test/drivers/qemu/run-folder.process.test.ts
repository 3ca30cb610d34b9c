import { mkdtempDisposable, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';
import { createLog } from '../../../src/core/index.ts';
import { openRunFolder, sweepRuns } from '../../../src/drivers/qemu/run-folder.ts';

const log = createLog('silent');
const HOLDER = join(import.meta.dirname, '../../fixtures/run-holder.ts');

const temporary = () => mkdtempDisposable(join(tmpdir(), 'jumplead-runs-'));

/** Another process that has opened a run, and is then killed. */
async function killedRun(runs: string, artifacts: string): Promise<{ path: string; sockets: string }> {
  const holder = execa(process.execPath, [HOLDER, runs, artifacts], { reject: false });
  for await (const line of holder.iterable()) {
    holder.kill('SIGKILL');
    await holder;
    return JSON.parse(String(line));
  }
  throw new Error('the holder said nothing');
}

test('a run has a private folder and one for sockets; closing removes both', async () => {
  await using runs = await temporary();
  const run = await openRunFolder(runs.path);
  expect((await stat(run.path)).mode & 0o777).toBe(0o700);
  expect((await stat(run.sockets)).mode & 0o777).toBe(0o700);
  await writeFile(join(run.path, 'disk'), 'x');
  await run[Symbol.asyncDispose]();
  expect(await readdir(runs.path)).toEqual([]);
  await expect(stat(run.sockets)).rejects.toThrow('ENOENT');
});

test('what a killed process has left is swept away by the next, after the transcript of its console was completed', async () => {
  await using runs = await temporary();
  await using artifacts = await temporary();
  const dead = await killedRun(runs.path, artifacts.path);
  expect(await readdir(runs.path)).toHaveLength(2);
  await sweepRuns(runs.path, log);
  await using alive = await openRunFolder(runs.path);
  expect(await readdir(runs.path)).toEqual([alive.id, `${alive.id}.lock`]);
  await expect(stat(dead.sockets)).rejects.toThrow('ENOENT');
  expect(await readFile(join(artifacts.path, 'console.log'), 'utf8')).toBe('first and last words');
});

test('a run whose owner lives is left alone, however deep its path', async () => {
  await using folder = await temporary();
  const runs = join(folder.path, 'a-long-name-for-a-folder/'.repeat(5));
  await using run = await openRunFolder(runs);
  await sweepRuns(runs, log);
  expect(await readdir(runs)).toEqual([run.id, `${run.id}.lock`]);
});
