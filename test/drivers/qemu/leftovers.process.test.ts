/** What every kind of process of ours leaves that is killed, and who removes it. */
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { cacheDir, createLog, type FolderKind, runtimeFolders, stateDir } from '../../../src/core/index.ts';
import { bootsDir, unfinishedBoots } from '../../../src/drivers/qemu/boots/boot-store.ts';
import { downloadFolders } from '../../../src/drivers/qemu/firmware-download.ts';
import { qemu } from '../../../src/drivers/qemu/index.ts';
import { findLeftovers } from '../../../src/drivers/qemu/leftovers.ts';
import { runFolders, socketFolders } from '../../../src/drivers/qemu/run-folder.ts';
import { snapshotFolders } from '../../../src/drivers/qemu/snapshots/snapshot.ts';
import { incomingFolders } from '../../../src/drivers/qemu/storage/image-index.ts';
import { serve } from '../../../src/index.ts';
import { BIOS } from '../../support/bios-machine.ts';
import { openHome } from '../../support/tiny-machine.ts';

test('the next machine that is opened removes all of it, of whatever kind', async () => {
  await using _home = await openHome();
  const cache = cacheDir();
  const work = (name: string): FolderKind => ({ parent: join(cache, 'images', name), prefix: '.build-' });
  const kinds: readonly (readonly [string, FolderKind])[] = [
    ['machine', runFolders(join(stateDir(), 'runs'))],
    ['snapshot of a machine', snapshotFolders(stateDir())],
    ['sockets of a machine', await socketFolders()],
    ['sockets of a session', await runtimeFolders()],
    ['image on its way', incomingFolders(join(cache, 'images', 'flashed'))],
    ['firmware download', downloadFolders(cache)],
    ['boot that was to be remembered', unfinishedBoots(bootsDir(cache))],
    ['image', work('built')],
    ['image', work('pulled')],
  ];
  for (const [, { parent, prefix }] of kinds) {
    const path = join(parent, `${prefix}0123456789ab`);
    await mkdir(path, { recursive: true });
    await writeFile(join(path, 'half of it'), '');
    await writeFile(`${path}.lock`, '');
  }
  expect((await findLeftovers()).map(({ kind }) => kind).toSorted()).toEqual(
    kinds.map(([kind]) => kind).toSorted(),
  );
  await (await serve(qemu(BIOS), { log: createLog('silent') }))[Symbol.asyncDispose]();
  expect(await findLeftovers()).toEqual([]);
});
