/** Snapshots and forks where memory, or the disk, has no room: file systems of their own that really run full. */
import { join } from 'node:path';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { BIOS } from '../../support/bios-machine.ts';
import { writeBootImage } from '../../support/boot-image.ts';
import { canMount, openSmallDisk } from '../../support/small-disk.ts';
import { openHome } from '../../support/tiny-machine.ts';

const FIXTURE = join(import.meta.dirname, '../../fixtures/scarce-forks.ts');
const MIB = 2 ** 20;

let home: Awaited<ReturnType<typeof openHome>>;
beforeEach(async () => {
  home = await openHome();
  await writeBootImage(home.path);
});
afterEach(() => home[Symbol.asyncDispose]());

interface Scarcity {
  /** Bytes of the file system that is at `/dev/shm`, for this test only. */
  readonly shm: number;
  /** What is filled before the save and before the fork, and how many bytes are left there. */
  readonly beforeSave?: { readonly folder: string; readonly left: number };
  readonly beforeFork?: { readonly folder: string; readonly left: number };
  readonly env?: NodeJS.ProcessEnv;
}

/** Saves and forks a machine of 64 MiB there; what came of it, and what was logged. */
async function saveAndFork({ shm, beforeSave, beforeFork, env }: Scarcity) {
  const config = JSON.stringify({ ...BIOS, image: join(home.path, 'boot.img') });
  const places = [beforeSave, beforeFork].flatMap((place) => [place?.folder ?? '', String(place?.left ?? 0)]);
  const script = `mount -t tmpfs -o size=${shm},mode=1777 tmpfs /dev/shm && exec "$@"`;
  const command = [process.execPath, FIXTURE, config, ...places];
  const { stdout, stderr } = await execa('unshare', ['--mount', 'sh', '-c', script, 'sh', ...command], {
    env: { JUMPLEAD_LOG: 'warn', ...env },
  });
  const log = stderr.split('\n').filter(Boolean);
  return { ...JSON.parse(stdout), log: log.map((line): { msg: string } => JSON.parse(line)) };
}

describe.runIf(canMount)('where there is little room', () => {
  test('a snapshot for which memory has no room lies on the disk, which is said; forks of it are as good', async () => {
    const told = await saveAndFork({ shm: 80 * MIB, beforeSave: { folder: '/dev/shm', left: 16 * MIB } });
    expect(told).toMatchObject({ saved: { name: 'ready' }, parent: 1, fork: 1, again: 2 });
    expect(told.log).toContainEqual(
      expect.objectContaining({
        needed: '64 MiB',
        free: '16 MiB',
        msg: 'memory has no room for the snapshot, which lies on the disk instead: forks of it begin slower',
      }),
    );
  });

  test('where neither has room it is refused with the figures, and the machine goes on', async () => {
    await using disk = await openSmallDisk(48 * MIB, '711');
    const env = { XDG_STATE_HOME: disk.path };
    const told = await saveAndFork({
      shm: 80 * MIB,
      beforeSave: { folder: '/dev/shm', left: 16 * MIB },
      env,
    });
    expect(told).toMatchObject({
      saved: { code: 'capacity', needed: 64 * MIB },
      parent: 1,
      fork: { code: 'not-found' },
      again: 2,
    });
    expect(told.saved.message).toContain('/dev/shm has 16 MiB');
  });

  test('a fork for whose disks there is no room is refused with the figures', async () => {
    await using disk = await openSmallDisk(48 * MIB, '711');
    const env = { XDG_STATE_HOME: disk.path };
    const told = await saveAndFork({ shm: 200 * MIB, beforeFork: { folder: disk.path, left: MIB }, env });
    expect(told).toMatchObject({ saved: { name: 'ready' }, parent: 1, fork: { code: 'capacity' }, again: 2 });
    expect(told.fork.message).toMatch(/^no space left for a fork in .*: 16 MiB needed, 1.0 MiB free$/);
  });
});
