/** Snapshots and forks with the real QEMU and a guest of 512 bytes, which counts in its memory and writes that to its disk. */
import { chmod, mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { createLog } from '../../../src/core/index.ts';
import { type QemuConfigInput, qemu } from '../../../src/drivers/qemu/index.ts';
import { serve, type Tty } from '../../../src/index.ts';
import { bootSector, KEYS } from '../../fixtures/boot-sector.ts';

const BIOS = {
  arch: 'x86_64',
  firmware: 'bios',
  memory: '64MiB',
  accelerator: 'tcg',
  cloudInit: false,
} as const;

let home: Awaited<ReturnType<typeof mkdtempDisposable>>;

beforeEach(async () => {
  home = await mkdtempDisposable(join(tmpdir(), 'jumplead-forks-'));
  // As root QEMU runs as another user, who must get at its files.
  await chmod(home.path, 0o711);
  vi.stubEnv('XDG_STATE_HOME', join(home.path, 'state'));
  vi.stubEnv('JUMPLEAD_CACHE', join(home.path, 'cache'));
  const runtime = join(home.path, 'run');
  await mkdir(runtime, { mode: 0o711 });
  vi.stubEnv('XDG_RUNTIME_DIR', runtime);
});
afterEach(async () => {
  vi.unstubAllEnvs();
  await home.remove();
});

async function open(config: QemuConfigInput = {}) {
  const bytes = Buffer.alloc(2 ** 20, 'disk ');
  bytes.set(bootSector());
  const image = join(home.path, 'boot.img');
  await writeFile(image, bytes);
  return await serve(qemu({ ...BIOS, image, ...config }), {
    artifacts: join(home.path, 'out'),
    log: createLog('silent'),
  });
}

/** Lets the guest count; what it has come to. */
async function count(tty: Tty): Promise<number> {
  await tty.write(KEYS.count);
  const { match } = await tty.expect(/(\d)\r\n/);
  return Number(match?.[1]);
}

test('a machine goes on after it was saved, and a fork is what it was then', async () => {
  await using vm = await open();
  await vm.power.on();
  await using tty = await vm.console.open();
  await tty.expect(/ready\r\n/);
  expect(await count(tty)).toBe(1);
  const saved = await vm.snapshots.save('ready');
  expect(saved).toMatchObject({ name: 'ready', forks: [] });
  expect(await count(tty)).toBe(2);
  await using fork = await vm.fork({ from: 'ready' });
  await using other = await fork.console.open();
  expect(await count(other)).toBe(2);
  expect(await count(other)).toBe(3);
  expect(await count(tty)).toBe(3);
});
