/** A machine whose configuration has a pool, with the real QEMU and a guest of 512 bytes, which counts in its memory. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLog } from '../../../src/core/index.ts';
import { qemu } from '../../../src/drivers/qemu/index.ts';
import { serve } from '../../../src/index.ts';
import type { PoolInfo } from '../../../src/interfaces/index.ts';
import { bootSector } from '../../fixtures/boot-sector.ts';
import { BIOS } from '../../support/bios-machine.ts';
import { writeBootImage } from '../../support/boot-image.ts';
import { count } from '../../support/count.ts';
import { openHome } from '../../support/tiny-machine.ts';

let home: Awaited<ReturnType<typeof openHome>>;
let image: string;

beforeEach(async () => {
  home = await openHome();
  image = await writeBootImage(home.path);
});
afterEach(() => home[Symbol.asyncDispose]());

const open = (log = createLog('silent')) =>
  serve(
    qemu({
      ...{ ...BIOS, image, pool: { min: 1, max: 3 } },
      boot: { remember: false, ready: { console: 'ready\\r\\n' } },
    }),
    { artifacts: join(home.path, 'out'), log },
  );

/** Resolves when as many are ready as should be. */
async function filled(vm: Awaited<ReturnType<typeof open>>): Promise<void> {
  for await (const { ready, min } of vm.followPool()) if (ready >= min) return;
}

/** How the pool is once a machine of it has failed. */
async function failed(vm: Awaited<ReturnType<typeof open>>): Promise<PoolInfo> {
  for await (const info of vm.followPool()) if (info.failed > 0) return info;
  throw new Error('the pool has ended');
}

test('it is off until it is switched on, and then it has booted already', async () => {
  await using vm = await open();
  expect(await vm.power.state()).toBe('off');
  expect(await vm.power.off({ mode: 'forced' })).toBe('already');
  await using tty = await vm.console.open();
  await vm.power.on();
  // It had booted before, and shows it now.
  await tty.expect(/ready\r\n/);
  expect(await count(tty)).toBe(1);
  expect((await vm.describe()).fork).toMatchObject({ from: 'pool' });
  expect(await vm.power.state()).toBe('running');
});

test('off and on is a boot from its own disk', async () => {
  await using vm = await open();
  await vm.power.on();
  await using tty = await vm.console.open();
  expect(await count(tty)).toBe(1);
  expect(await vm.power.off({ mode: 'forced' })).toBe('forced');
  await vm.power.on();
  await using again = await vm.console.open();
  expect((await again.expect(/ready\r\n/)).before).not.toContain('1');
});

test('flashed with the same, it is another one of the pool', async () => {
  await using vm = await open();
  await vm.power.on();
  await using tty = await vm.console.open();
  expect(await count(tty)).toBe(1);
  expect(await count(tty)).toBe(2);
  await vm.power.off({ mode: 'forced' });
  await filled(vm);
  const before = (await vm.describe()).artifacts;
  await vm.flasher.flash(image);
  expect((await vm.describe()).artifacts).not.toBe(before);
  await vm.power.on();
  await using again = await vm.console.open();
  expect(await count(again)).toBe(1);
  const [info] = await vm.pools();
  expect(info).toMatchObject({ claimed: 1, given: 2, broken: 0 });
});

test('flashed with anything else, it is a machine of its own that boots that', async () => {
  await using vm = await open();
  const other = join(home.path, 'flood.img');
  await writeFile(other, Buffer.concat([bootSector({ flood: true }), Buffer.alloc(2 ** 20)]));
  await vm.flasher.flash(other);
  await vm.power.on();
  await using tty = await vm.console.open();
  await tty.expect(/00000001\r\n/);
});

test('with other memory it boots, also after the next flash', async () => {
  await using vm = await open();
  await vm.setMemorySize('96MiB');
  await vm.power.on();
  await using tty = await vm.console.open();
  await tty.expect(/ready\r\n/);
  await vm.power.off({ mode: 'forced' });
  await filled(vm);
  await vm.flasher.flash(image);
  await vm.power.on();
  expect((await vm.describe()).memory).toBe(96 * 2 ** 20);
});

test('others claim from the same pool', async () => {
  await using vm = await open();
  const line = await vm.openClaim();
  expect(line.name).not.toBe('');
  const [info] = await vm.pools();
  expect(info).toMatchObject({ from: 'pool', max: 3, claimed: 2 });
});

test('a bug of its kernel is told: all others go on from the same save', async () => {
  const told: { msg: string; reason: string }[] = [];
  const log = pino({ level: 'warn' }, { write: (line: string) => void told.push(JSON.parse(line)) });
  await using vm = await open(log);
  expect((await vm.pools())[0]).toMatchObject({ failed: 0, doubt: null });
  await vm.power.on();
  const BUG = 'BUG: Bad rss-counter state mm:00000000a7d5e0d1 type:MM_ANONPAGES val:1';
  await using tty = await vm.console.open();
  // The guest echoes what it reads: it says so itself.
  await tty.write(`\r\n${BUG}\r\n---[ end trace 0 ]---\r\n`);
  const info = await failed(vm);
  expect(info).toMatchObject({ failed: 1, doubt: expect.stringContaining(BUG), problem: null });
  expect(told).toMatchObject([
    { msg: expect.stringContaining('made anew'), reason: expect.stringContaining(BUG) },
  ]);
});
