import { chmod, mkdir, mkdtempDisposable, readdir, readFile, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { runTool } from '../../../src/core/index.ts';
import { writeSeed } from '../../../src/drivers/qemu/seed.ts';

const workDir = () => mkdtempDisposable(join(tmpdir(), 'jumplead-seed-'));
const SEED = { metaData: 'instance-id: i-1\n', userData: '#cloud-config\n{}\n' };

test('an ISO labelled CIDATA with the files, for its owner only, and nothing else beside it', async () => {
  await using dir = await workDir();
  const iso = join(dir.path, 'seed.iso');
  await writeSeed(iso, SEED);
  const bytes = await readFile(iso);
  // The primary volume descriptor is in sector 16, the label at byte 40 of it.
  expect(bytes.toString('latin1', 16 * 2048 + 40, 16 * 2048 + 72).trim()).toBe('CIDATA');
  expect(bytes.includes('instance-id: i-1')).toBe(true);
  const { stdout } = await runTool('isoinfo', ['-R', '-f', '-i', iso]);
  expect(stdout.split('\n').toSorted()).toEqual(['/meta-data', '/user-data']);
  expect((await stat(iso)).mode & 0o777).toBe(0o600);
  expect(await readdir(dir.path)).toEqual(['seed.iso']);
});

test('replaces the seed of an earlier start', async () => {
  await using dir = await workDir();
  const iso = join(dir.path, 'seed.iso');
  await writeSeed(iso, SEED);
  await writeSeed(iso, { ...SEED, networkConfig: 'version: 2\n' });
  const { stdout } = await runTool('isoinfo', ['-R', '-f', '-i', iso]);
  expect(stdout.split('\n').toSorted()).toEqual(['/meta-data', '/network-config', '/user-data']);
});

test('xorriso is told to be mkisofs', async () => {
  await using dir = await workDir();
  const bin = join(dir.path, 'bin');
  await mkdir(bin);
  const program = '#!/bin/sh\necho "$@" > ../arguments\nshift 4\n: > "$1"\n';
  await writeFile(join(bin, 'xorriso'), program);
  await chmod(join(bin, 'xorriso'), 0o755);
  await writeSeed(join(dir.path, 'seed.iso'), SEED, { env: { PATH: bin } });
  const said = await readFile(join(dir.path, 'arguments'), 'utf8');
  expect(said).toMatch(/^-as mkisofs -quiet -output \S+ -volid CIDATA -joliet -rock meta-data user-data\n$/);
});

test('says which packages there are when none is installed', async () => {
  await using dir = await workDir();
  const failing = writeSeed(join(dir.path, 'seed.iso'), SEED, { env: { PATH: dir.path } });
  await expect(failing).rejects.toThrowErrorMatchingInlineSnapshot(
    `[LaunchError: making the cloud-init seed: none of genisoimage, mkisofs, xorrisofs, xorriso is installed; install one of the packages genisoimage, xorriso or cdrtools]`,
  );
});
