/** Pools of forks with the real QEMU and a guest of 512 bytes, which counts in its memory. */
import { existsSync } from 'node:fs';
import { readdir, readFile } from 'node:fs/promises';
import { getPriority } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLog, type Log } from '../../../src/core/index.ts';
import { qemu } from '../../../src/drivers/qemu/index.ts';
import { createPool, type Pool } from '../../../src/index.ts';
import type { PoolInfo } from '../../../src/interfaces/index.ts';
import { BIOS } from '../../support/bios-machine.ts';
import { writeBootImage } from '../../support/boot-image.ts';
import { count } from '../../support/count.ts';
import { MAY_RAISE } from '../../support/may-raise.ts';
import { openHome } from '../../support/tiny-machine.ts';

let home: Awaited<ReturnType<typeof openHome>>;

beforeEach(async () => {
  home = await openHome();
});
afterEach(() => home[Symbol.asyncDispose]());

/** A pool of machines that have counted to 1. */
async function open(
  sizes: { readonly min: number; readonly max: number },
  {
    tbSize = '512MiB',
    log = createLog('silent'),
  }: { readonly tbSize?: `${number}MiB`; readonly log?: Log } = {},
) {
  const image = await writeBootImage(home.path);
  return await createPool(qemu({ ...BIOS, image, tbSize }), {
    ...sizes,
    artifacts: join(home.path, 'out'),
    log,
    ready: async ({ console }) => {
      await using tty = await console.open({ from: 'boot' });
      await tty.expect(/ready\r\n/);
      expect(await count(tty)).toBe(1);
    },
  });
}

/** The first that a pool tells which is so. */
async function until(pool: Pool<unknown>, isSo: (info: PoolInfo) => boolean): Promise<PoolInfo> {
  for await (const info of pool.follow()) if (isSo(info)) return info;
  throw new Error(`the pool has ended: ${JSON.stringify(pool.info)}`);
}

/** The QEMUs that belong to this home. */
async function qemus(): Promise<number[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name)).map(Number);
  const found = await Promise.all(
    pids.map(async (pid) => {
      const line = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '');
      return line.includes('qemu-system') && line.includes(home.path) ? [pid] : [];
    }),
  );
  return found.flat();
}

/** How nice the threads of a process are. */
async function niceness(pid: number): Promise<number[]> {
  const threads = await readdir(`/proc/${pid}/task`);
  const stats = await Promise.all(
    threads.map((thread) => readFile(`/proc/${pid}/task/${thread}/stat`, 'utf8')),
  );
  return [...new Set(stats.map((stat) => Number(stat.slice(stat.lastIndexOf(')') + 2).split(' ')[16])))];
}

test('a claim gives a machine that goes on from the snapshot, and another is made ready', async () => {
  await using pool = await open({ min: 1, max: 3 });
  await pool.filled();
  expect(await qemus()).toHaveLength(1);
  expect(await pool.vm.power.state()).toBe('off');
  await using vm = await pool.claim();
  expect(await vm.power.state()).toBe('running');
  await using tty = await vm.console.open();
  expect(await count(tty)).toBe(2);
  await until(pool, ({ ready, claimed }) => ready === 1 && claimed === 1);
  await using other = await pool.claim();
  await using otherTty = await other.console.open();
  expect(await count(otherTty)).toBe(2);
  expect(await count(tty)).toBe(3);
  const { fork } = await other.describe();
  expect(fork).toMatchObject({ from: 'pool', steps: { cont: expect.any(Number) } });
  expect(pool.info).toMatchObject({ given: 2, broken: 0, refused: 0 });
});

test('no more are made ready than the host has memory for, which is said once, and tried again', async () => {
  // Each may come to need more than half of what there is.
  const tbSize = `${Math.floor((process.availableMemory() * 0.6) / 2 ** 20)}MiB` as const;
  const warnings: string[] = [];
  const log = pino(
    { level: 'warn' },
    { write: (line: string) => void warnings.push(String(JSON.parse(line).msg)) },
  );
  await using pool = await open({ min: 2, max: 3 }, { tbSize, log });
  const { ready, problem } = await until(pool, (info) => info.problem !== null);
  expect(ready).toBe(1);
  expect(problem).toMatch(/^fork: a fork may come to need .* beside the .* of those that are ready$/);
  await expect(pool.filled()).rejects.toMatchObject({ message: expect.stringContaining(problem ?? '?') });
  await using vm = await pool.claim();
  expect(await vm.power.state()).toBe('running');
  await until(pool, (info) => info.ready === 1 && info.problem !== null);
  expect(warnings.filter((text) => text === 'the pool has less ready than it should')).toHaveLength(2);
});

test('what is ready has done nothing yet: its CPUs stand still, its console is silent', async () => {
  await using pool = await open({ min: 1, max: 1 });
  await pool.filled();
  const [trail] = (await readdir(join(home.path, 'out'))).filter((name) => name.startsWith('fork-'));
  const said = await readFile(join(home.path, 'out', trail ?? '', 'qmp.jsonl'), 'utf8');
  expect(said).toContain('"migrate-incoming"');
  expect(said).not.toContain('"cont"');
  await using vm = await pool.claim();
  await using tty = await vm.console.open();
  expect(await count(tty)).toBe(2);
});

test('claims at the same time get different machines, and one beyond the most waits until another ends', async () => {
  await using pool = await open({ min: 1, max: 2 });
  const [one, two] = await Promise.all([pool.claim(), pool.claim()]);
  const [first, second] = [await one.describe(), await two.describe()];
  expect(first.artifacts).not.toBe(second.artifacts);
  await expect(pool.claim({ wait: 0 })).rejects.toMatchObject({
    code: 'busy',
    message: expect.stringContaining('2 of 2 machines are claimed'),
  });
  const waiting = pool.claim();
  await until(pool, (info) => info.waiting === 1);
  await one[Symbol.asyncDispose]();
  await using three = await waiting;
  expect(await three.power.state()).toBe('running');
  expect(pool.info).toMatchObject({ given: 3, refused: 1 });
  await two[Symbol.asyncDispose]();
});

test('one that is killed while it is ready is replaced and counted', async () => {
  await using pool = await open({ min: 1, max: 2 });
  await pool.filled();
  const [ready] = await qemus();
  process.kill(ready ?? 0, 'SIGKILL');
  await until(pool, (info) => info.broken === 1 && info.ready === 1);
  await using vm = await pool.claim();
  await using tty = await vm.console.open();
  expect(await count(tty)).toBe(2);
});

test('a claim whose machine is killed at that moment gets the next', async () => {
  await using pool = await open({ min: 2, max: 3 });
  await pool.filled();
  for (const pid of await qemus()) process.kill(pid, 'SIGKILL');
  await using vm = await pool.claim();
  await using tty = await vm.console.open();
  expect(await count(tty)).toBe(2);
  await until(pool, (info) => info.broken === 2 && info.ready === 2);
});

test('a machine that was claimed is off and on as any, and ends only with its claimer', async () => {
  await using pool = await open({ min: 1, max: 1 });
  const vm = await pool.claim();
  expect(await vm.power.off({ mode: 'forced' })).toBe('forced');
  expect(pool.info).toMatchObject({ claimed: 1, ready: 0 });
  await vm.power.on();
  await using tty = await vm.console.open();
  await tty.expect(/ready\r\n/);
  expect(await count(tty)).toBe(1);
  await vm[Symbol.asyncDispose]();
  await until(pool, (info) => info.claimed === 0 && info.ready === 1);
});

test('a machine of a pool has forks and pools of its own', async () => {
  await using pool = await open({ min: 1, max: 1 });
  await using vm = await pool.claim();
  await vm.snapshots.save('mine');
  await using own = await createPool(vm, { from: 'mine', min: 1, max: 1 });
  await using grandchild = await own.claim();
  await using tty = await grandchild.console.open();
  expect(await count(tty)).toBe(2);
});

test('a snapshot of which machines are ready is not deleted; a pool that was ended has left none', async () => {
  const pool = await open({ min: 1, max: 1 });
  await using vm = pool.vm;
  await pool.filled();
  await expect(vm.snapshots.delete('pool')).rejects.toMatchObject({ code: 'busy' });
  await expect(createPool(vm, { from: 'pool', min: 1, max: 1 })).rejects.toMatchObject({ code: 'busy' });
  await expect(createPool(vm, { from: 'none', min: 1, max: 1 })).rejects.toMatchObject({ code: 'not-found' });
  await expect(createPool(vm, { from: 'pool', min: 2, max: 1 })).rejects.toMatchObject({ code: 'config' });
  await using second = await (async () => {
    await vm.power.on();
    await vm.snapshots.save('other');
    return await createPool(vm, { from: 'other', min: 1, max: 1 });
  })();
  await second.filled();
  expect((await vm.pools()).map(({ from }) => from).sort()).toEqual(['other', 'pool']);
  await second[Symbol.asyncDispose]();
  expect(await vm.snapshots.list()).toContainEqual(expect.objectContaining({ name: 'other', forks: [] }));
  await vm.snapshots.delete('other');
});

test('nothing is left of a pool that is closed while it makes others and claims wait', async () => {
  const pool = await open({ min: 1, max: 1 });
  const pids = await qemus();
  const claimed = await pool.claim();
  const waiting = pool.claim();
  const refused = expect(waiting).rejects.toThrow();
  await until(pool, (info) => info.waiting === 1);
  pids.push(...(await qemus()));
  await pool[Symbol.asyncDispose]();
  await refused;
  await claimed[Symbol.asyncDispose]();
  expect(pids.filter((pid) => existsSync(`/proc/${pid}/exe`))).toEqual([]);
  expect(await readdir(join(home.path, 'state/jumplead/runs'))).toEqual([]);
  expect(await readdir(join(home.path, 'state/jumplead/snapshots'))).toEqual([]);
});

test.skipIf(!MAY_RAISE)('what is made ready gives way to others until it is claimed', async () => {
  await using pool = await open({ min: 1, max: 1 });
  await pool.filled();
  const [ready] = await qemus();
  const own = getPriority();
  expect(await niceness(ready ?? 0)).toEqual([Math.min(own + 10, 19)]);
  await using _ = await pool.claim();
  expect(await niceness(ready ?? 0)).toEqual([own]);
});
