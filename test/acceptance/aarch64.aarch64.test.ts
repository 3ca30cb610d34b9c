/** The other architecture: what is different there on a guest that starts within seconds, and the whole demo. */
import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { buildImage } from 'jumplead/images';
import { expect, test } from 'vitest';
import { checkDemoFolder, startDemo } from '../support/demo.ts';
import { BOOT, openHome, PROMPT, serveQemu, tinyGuest } from '../support/tiny-machine.ts';

test('a guest starts, talks, is forked, is claimed from a pool, is switched off by its power button, and panics', async () => {
  const guest = await tinyGuest('aarch64');
  await using _ = await openHome();
  await using vm = await serveQemu(guest);
  await vm.power.on();
  await using tty = await vm.console.open();
  await tty.expect('Linux version', BOOT);
  await tty.expect(PROMPT, BOOT);
  expect((await tty.run('uname -m')).stdout).toBe('aarch64\n');
  expect((await tty.run("sh -c 'exit 3'", { reject: false })).exitCode).toBe(3);
  expect(await vm.describe()).toMatchObject({ arch: 'aarch64', machine: 'virt' });
  await tty.run('echo parent >/tmp/who');
  await vm.snapshots.save('ready');
  {
    await using fork = await vm.fork({ from: 'ready' });
    await using forkTty = await fork.console.open();
    expect((await forkTty.run('cat /tmp/who; uname -m; echo fork >/tmp/who')).stdout).toBe(
      'parent\naarch64\n',
    );
  }
  {
    await using pool = await vm.pool({ from: 'ready', min: 1, max: 2 });
    await using claimed = await pool.claim();
    await using claimedTty = await claimed.console.open();
    expect((await claimedTty.run('cat /tmp/who; uname -m')).stdout).toBe('parent\naarch64\n');
  }
  expect((await tty.run('cat /tmp/who')).stdout).toBe('parent\n');
  expect(await vm.power.off()).toBe('graceful');

  await vm.power.on();
  await using again = await vm.console.open();
  await again.expect(PROMPT, BOOT);
  await again.sendLine('echo c >/proc/sysrq-trigger');
  // Debian's kernel has no pvpanic here: only the console tells.
  await again.expect('Kernel panic - not syncing: sysrq triggered crash');
  expect(await vm.power.off({ mode: 'forced' })).toBe('forced');
});

test('the demo shows the main job, and leaves what was seen', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-demo-'));
  await buildImage({ name: 'debian-12', arch: 'aarch64' });
  const out = join(folder.path, 'demo');
  const { exitCode, stdout, stderr } = await startDemo('--arch', 'aarch64', '--out', out);
  expect({ exitCode, stderr }, stdout).toEqual({ exitCode: 0, stderr: '' });
  await checkDemoFolder(out, 'aarch64');
});
