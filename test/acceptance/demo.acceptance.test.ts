/** The demo as a user runs it: one that goes well, one that is broken off, and one that is given something else. */
import { chmod, mkdir, mkdtempDisposable, readFile, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildImage } from 'jumplead/images';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { cacheDir } from '../../src/core/index.ts';
import { checkDemoFolder, startDemo, startDemoIn, untilPrinted } from '../support/demo.ts';
import { findProcesses } from '../support/processes.ts';

const stack = new AsyncDisposableStack();
let folder: string;
beforeAll(async () => {
  folder = stack.use(await mkdtempDisposable(join(tmpdir(), 'jumplead-demo-'))).path;
  await buildImage({ name: 'debian-12', arch: 'x86_64' });
});
afterAll(() => stack.disposeAsync());

test('shows the main job, and leaves what was seen; run twice, it resumes what it booted', async () => {
  const out = join(folder, 'whole');
  // The images of this host, and none of its boots.
  const cache = join(folder, 'cache');
  await mkdir(cache);
  // QEMU runs as another user where we are root.
  for (const path of [folder, cache]) await chmod(path, 0o711);
  await symlink(join(cacheDir(), 'images'), join(cache, 'images'));
  const told = [];
  for (const kind of ['cold', 'remembered']) {
    const demo = startDemoIn({ JUMPLEAD_CACHE: cache }, '--arch', 'x86_64', '--out', out);
    const { exitCode, stdout, stderr } = await demo;
    expect({ exitCode, stderr }, stdout).toEqual({ exitCode: 0, stderr: '' });
    expect(await checkDemoFolder(out, 'x86_64')).toBe(kind);
    told.push(/^from power-on to the login prompt.*$/m.exec(stdout)?.[0]);
  }
  expect(told).toEqual([
    expect.stringMatching(/: \S.*, a cold boot$/),
    expect.stringMatching(/: \S.*, from a boot that was remembered; the boot itself took \S.*$/),
  ]);
  const times: Record<string, number> = JSON.parse(await readFile(join(out, 'boot-times.json'), 'utf8'));
  console.log(told.join('\n'));
  expect(times['remembered']).toBeLessThan(times['cold'] ?? 0);
});

test('is broken off by Ctrl-C in the middle of the boot: nothing goes on', async () => {
  const out = join(folder, 'broken-off');
  const demo = startDemo('--arch', 'x86_64', '--cold', '--out', out);
  stack.defer(() => void demo.kill('SIGKILL'));
  await untilPrinted(demo.stdout, '✔ firmware');
  const [, uuid = ''] = /-uuid \\\n\s+(\S+)/.exec(await readFile(join(out, 'qemu.sh'), 'utf8')) ?? [];
  expect(await findProcesses(uuid)).toHaveLength(1);
  demo.kill('SIGINT');
  const { exitCode, stderr } = await demo;
  expect(exitCode).toBe(130);
  expect(stderr).toContain('interrupted; everything was cleaned up');
  expect(await findProcesses(uuid)).toEqual([]);
  expect(await readFile(join(out, 'console.log'), 'utf8')).toContain('BdsDxe');
});

test('says whose fault it is, when it is given what is no image', async () => {
  const page = join(folder, 'page.img');
  await writeFile(page, '<!doctype html><title>Not found</title>');
  const out = join(folder, 'refused');
  const { exitCode, stderr } = await startDemo('--arch', 'x86_64', '--image', page, '--out', out);
  expect(exitCode).toBe(2);
  expect(stderr).toContain(page);
  expect(stderr).toContain('fault: the way it was called');
  expect(stderr).not.toMatch(/^\s+at /m);
});
