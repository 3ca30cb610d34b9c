/** The projects under `examples/`, copied, with the package installed from its tarball. */
import { cp, mkdtempDisposable, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { buildTinyGuest } from 'jumplead/images';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { installPackage } from '../support/installed-package.ts';

const ROOT = join(import.meta.dirname, '../..');

const stack = new AsyncDisposableStack();
let folder: string;
beforeAll(async () => {
  folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'jumplead-examples-'))).path;
  await installPackage(folder);
  await buildTinyGuest({ arch: 'x86_64' });
});
afterAll(() => stack.disposeAsync());

/** Copies an example and runs its tests. */
async function run(name: string, program: string, ...args: string[]) {
  const project = join(folder, name);
  const { scripts } = JSON.parse(await readFile(join(ROOT, 'examples', name, 'package.json'), 'utf8'));
  expect(scripts.test.split(' ').slice(1)).toEqual(args);
  await cp(join(ROOT, 'examples', name), project, { recursive: true });
  const node = execa(process.execPath, [join(folder, 'node_modules', program), ...args], {
    ...{ cwd: project, reject: false, all: true },
    env: { VITEST: undefined, NODE_OPTIONS: undefined, NO_COLOR: '1', CI: '1' },
  });
  const { exitCode, all } = await node;
  expect({ exitCode }, all).toEqual({ exitCode: 0 });
  expect([...all.matchAll(/qemu-\d+ booted/g)]).toHaveLength(1);
  return all;
}

test('examples/vitest: a test that breaks its machine beside one that needs it whole', async () => {
  expect(await run('vitest', 'vitest/vitest.mjs', 'run')).toMatch(/Tests\s+2 passed \(2\)/);
});

test('examples/playwright: the same, with a page that the machine serves', async () => {
  expect(await run('playwright', '@playwright/test/cli.js', 'test')).toMatch(/^\s+2 passed/m);
});
