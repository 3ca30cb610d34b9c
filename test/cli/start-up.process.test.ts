/** What is asked for help is not kept waiting by what only commands need. */
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { expect, test } from 'vitest';

const ROOT = join(import.meta.dirname, '../..');
const LOADED = join(ROOT, 'test/fixtures/loaded-packages.ts');

/** The packages that `program` loads, beside those of Node.js and our own code. */
async function packagesOf(program: string, args: readonly string[]): Promise<string[]> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-packages-'));
  const file = join(folder.path, 'packages.json');
  const env = { LOADED_PACKAGES: file, JUMPSTARTER_HOST: undefined };
  await execa(process.execPath, ['--import', LOADED, join(ROOT, 'bin', program), ...args], { env });
  return JSON.parse(await readFile(file, 'utf8')) as string[]; // SAFE: our own fixture wrote it
}

test.each([
  ['jumplead.js', '--help'],
  ['jumplead.js', 'up', '--help'],
  ['jumplead.js', '--version'],
  ['jl.js', '--help'],
])('%s %s loads the parser of command lines alone', async (program, ...args) => {
  const packages = await packagesOf(program, args);
  expect(packages).toContain('commander');
  expect(packages.filter((name) => name !== 'commander' && name !== 'leven')).toEqual([]);
});
