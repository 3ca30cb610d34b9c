/** Snapshots and forks with the real QEMU and a guest of 512 bytes, which counts in its memory and writes that to its disk. */
import { chmod, readdir, readFile, readlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { createLog } from '../../../src/core/index.ts';
import { listMachines, type QemuConfigInput, qemu } from '../../../src/drivers/qemu/index.ts';
import { serve, type Tty } from '../../../src/index.ts';
import { bootSector, KEYS } from '../../fixtures/boot-sector.ts';
import { BIOS } from '../../support/bios-machine.ts';
import { writeBootImage } from '../../support/boot-image.ts';
import { count } from '../../support/count.ts';
import { listenTo } from '../../support/machine-events.ts';
import { openHome } from '../../support/tiny-machine.ts';

let home: Awaited<ReturnType<typeof openHome>>;

beforeEach(async () => {
  home = await openHome();
});
afterEach(() => home[Symbol.asyncDispose]());

async function open(config: QemuConfigInput = {}) {
  const image = await writeBootImage(home.path);
  return await serve(qemu({ ...BIOS, image, ...config }), {
    artifacts: join(home.path, 'out'),
    log: createLog('silent'),
  });
}

/** Lets the guest write its boot sector, with what it has counted to, to its disk. */
async function write(tty: Tty): Promise<void> {
  await tty.write(KEYS.write);
  await tty.expect(/written\r\n/);
}

/** A machine that has counted to 1, saved as `ready`. */
async function openReady(config?: QemuConfigInput) {
  const vm = await open(config);
  await vm.power.on();
  const tty = await vm.console.open();
  await tty.expect(/ready\r\n/);
  expect(await count(tty)).toBe(1);
  const saved = await vm.snapshots.save('ready');
  return { vm, tty, saved, [Symbol.asyncDispose]: () => vm[Symbol.asyncDispose]() };
}

/** What its guest had counted to when it wrote the disk of a machine, which must be off. */
async function digitOnDisk(vm: Awaited<ReturnType<typeof open>>): Promise<number> {
  const path = join(home.path, 'dump.img');
  await vm.flasher.dump(path);
  const sector = (await readFile(path)).subarray(512, 1024);
  const [, digit] = /(\d)\r\n\0/.exec(sector.toString('latin1')) ?? [];
  return Number(digit);
}

/** What lies in a folder of the machines' state, locks included. */
const inState = (name: string) => readdir(join(home.path, 'state/jumplead', name)).catch(() => []);

/** The runs that have a disk: what is there for the next fork has none. */
async function machines(): Promise<string[]> {
  const runs = (await inState('runs')).map((name) => readdir(join(home.path, 'state/jumplead/runs', name)));
  const files = await Promise.all(runs.map((names) => names.catch(() => [])));
  return files.flat().filter((name) => name === 'root.qcow2');
}

/** How many files without a name this process has open: the memories of machines and snapshots. */
async function namelessFiles(): Promise<number> {
  const links = (await readdir('/proc/self/fd')).map((fd) => readlink(`/proc/self/fd/${fd}`).catch(() => ''));
  return (await Promise.all(links)).filter((path) => path.endsWith(' (deleted)')).length;
}

test('a machine goes on after it was saved, and a fork is what it was then', async () => {
  await using it = await openReady();
  const { vm, tty, saved } = it;
  expect(saved).toMatchObject({ name: 'ready', forks: [] });
  expect(saved.pause).toBeGreaterThan(0);
  expect(await count(tty)).toBe(2);
  await using fork = await vm.fork({ from: 'ready' });
  await using other = await fork.console.open();
  expect(await count(other)).toBe(2);
  expect(await count(other)).toBe(3);
  expect(await count(tty)).toBe(3);
  expect(await vm.snapshots.list()).toMatchObject([{ name: 'ready', forks: ['fork-1'] }]);
});

test('what a fork has for itself is told beside what it shares, of those of other processes as well', async () => {
  await using it = await openReady();
  await using fork = await it.vm.fork({ from: 'ready' });
  await using tty = await fork.console.open();
  await write(tty);
  const [ready] = await it.vm.snapshots.list();
  // What QEMU itself takes is much less than that; the disk has a cluster of the guest's.
  const own = { memory: between(2 ** 20, 512 * 2 ** 20), disk: between(2 ** 16, 2 ** 20) };
  expect(ready?.machines).toEqual([{ name: 'fork-1', ...own }]);
  const machines = await listMachines();
  expect(machines.map(({ shared }) => shared).sort((a, b) => a - b)).toEqual([0, ready?.memory]);
  expect(machines).toContainEqual(
    expect.objectContaining({ hostname: 'dut', shared: ready?.memory, ...own }),
  );
});

/** A number of bytes. */
const between = (least: number, most: number): number =>
  expect.toSatisfy((value: number) => value >= least && value <= most, `from ${least} to ${most}`);

test('a machine that is paused stays so when it is saved, and what is forked from that runs', async () => {
  await using it = await openReady();
  await it.vm.power.pause();
  expect((await it.vm.snapshots.save('paused')).pause).toBe(0);
  expect(await it.vm.power.state()).toBe('paused');
  await using fork = await it.vm.fork({ from: 'paused' });
  await using tty = await fork.console.open();
  expect(await count(tty)).toBe(2);
});

test('what a guest writes to its memory while it is saved is not lost, of a fork neither', async () => {
  await using it = await openReady();
  await using fork = await it.vm.fork({ from: 'ready' });
  await using forked = await fork.console.open();
  for (const [busy, tty] of [[it.vm, it.tty] as const, [fork, forked] as const]) {
    await tty.write(KEYS.churn);
    await tty.expect(/churning\r\n/);
    await busy.snapshots.save('busy');
    await using resumed = await busy.fork({ from: 'busy' });
    await using other = await resumed.console.open();
    await other.write('.');
    expect((await other.expect(/kept|lost/)).text).toBe('kept');
  }
});

test('a fork shows the console of its parent first; what waits for text begins where it was forked', async () => {
  await using it = await openReady();
  await using fork = await it.vm.fork({ from: 'ready' });
  await using history = await fork.console.open({ from: 0 });
  expect((await history.expect(/1\r\n/)).before).toContain('ready\r\n');
  await using tty = await fork.console.open();
  await using boot = await fork.console.open({ from: 'boot' });
  expect(await count(tty)).toBe(2);
  expect((await boot.expect(/2\r\n/)).before).toBe('');
});

test('a fork tells that it has not booted, so that whoever logs in types Enter at a prompt from before; until it does', async () => {
  await using it = await openReady();
  expect(await it.vm.console.status()).toMatchObject({ resumed: false });
  await using fork = await it.vm.fork({ from: 'ready' });
  const { offset, boot, resumed } = await fork.console.status();
  expect({ shown: offset - boot, resumed }).toEqual({ shown: 0, resumed: true });
  await fork.power.cycle({ mode: 'forced' });
  expect(await fork.console.status()).toMatchObject({ resumed: false });
});

test('a fork has a disk of its own, from which it boots when it was off', async () => {
  await using it = await openReady();
  await using fork = await it.vm.fork({ from: 'ready' });
  await using tty = await fork.console.open();
  await count(tty);
  await write(tty);
  await write(it.tty);
  expect(await fork.power.off({ mode: 'forced' })).toBe('forced');
  expect(await digitOnDisk(fork)).toBe(2);
  await fork.power.on();
  await using again = await fork.console.open();
  await again.expect(/ready\r\n/);
  expect(await count(again)).toBe(1);
  await it.vm.power.off({ mode: 'forced' });
  expect(await digitOnDisk(it.vm)).toBe(1);
});

test('a fork is flashed like any machine, and its parent does not notice', async () => {
  await using it = await openReady();
  await using fork = await it.vm.fork({ from: 'ready' });
  await fork.power.off({ mode: 'forced' });
  const image = join(home.path, 'flood.img');
  await writeFile(image, Buffer.concat([bootSector({ flood: true }), Buffer.alloc(2 ** 20)]));
  await fork.flasher.flash(image);
  await fork.power.on();
  await using tty = await fork.console.open();
  await tty.expect(/00000001\r\n/);
  expect(await count(it.tty)).toBe(2);
  await it.vm.power.off({ mode: 'forced' });
  await it.vm.power.on();
  await using again = await it.vm.console.open();
  await again.expect(/ready\r\n/);
});

test('restore: memory, devices and disk are what they were', async () => {
  await using it = await openReady();
  const { vm, tty } = it;
  expect(await count(tty)).toBe(2);
  await write(tty);
  await vm.snapshots.restore('ready');
  await using restored = await vm.console.open();
  expect(await count(restored)).toBe(2);
  await vm.power.off({ mode: 'forced' });
  // What was written after the save is not there.
  expect(await digitOnDisk(vm)).toBe(Number.NaN);
});

test('what was restored is saved again, and forks of forks are machines as well', async () => {
  await using it = await openReady();
  await it.vm.snapshots.restore('ready');
  await using tty = await it.vm.console.open();
  expect(await count(tty)).toBe(2);
  await it.vm.snapshots.save('two');
  const sizes = async (vm: Pick<typeof it.vm, 'snapshots'>) =>
    (await vm.snapshots.list()).map(({ memory }) => memory);
  // All of the memory was looked at for that, here and there.
  const most = 2 * it.saved.memory;
  expect(await sizes(it.vm)).toEqual([between(1, most), between(1, most)]);
  await using fork = await it.vm.fork({ from: 'two' });
  await using forkTty = await fork.console.open();
  expect(await count(forkTty)).toBe(3);
  await write(forkTty);
  const { pause } = await fork.snapshots.save('three');
  expect(pause).toBeGreaterThan(0);
  expect(await sizes(fork)).toEqual([between(1, most)]);
  expect(await sizes(it.vm)).toEqual([between(1, most), between(1, most)]);
  expect(await count(forkTty)).toBe(4);
  await using grandchild = await fork.fork({ from: 'three' });
  await using grandTty = await grandchild.console.open();
  expect(await count(grandTty)).toBe(4);
  expect(await count(tty)).toBe(3);
  await grandchild.power.off({ mode: 'forced' });
  expect(await digitOnDisk(grandchild)).toBe(3);
});

test('a fork of the machine as it is: saved for it, and freed with the last that lives of it', async () => {
  await using it = await openReady();
  expect(await count(it.tty)).toBe(2);
  {
    await using fork = await it.vm.fork();
    await using tty = await fork.console.open();
    expect(await count(tty)).toBe(3);
    expect(await it.vm.snapshots.list()).toHaveLength(2);
  }
  expect(await it.vm.snapshots.list()).toMatchObject([{ name: 'ready' }]);
});

test('several at once, each with ports of its own', async () => {
  await using it = await openReady({ forwards: { web: { guestPort: 80 } } });
  const forks = await it.vm.fork({ from: 'ready', count: 3 });
  await using stack = new AsyncDisposableStack();
  for (const fork of forks) stack.use(fork);
  const described = await Promise.all([it.vm, ...forks].map((vm) => vm.describe()));
  const ports = described.map(({ forwards }) => forwards['web']?.hostPort);
  expect(new Set(ports).size).toBe(4);
  const ttys = await Promise.all(forks.map((fork) => fork.console.open()));
  expect(await Promise.all(ttys.map(count))).toEqual([2, 2, 2]);
});

test('a snapshot that forks live of is not deleted: the error names them; afterwards it is, and its memory is free', async () => {
  await using it = await openReady();
  {
    await using _ = await it.vm.fork({ from: 'ready' });
    await expect(it.vm.snapshots.delete('ready')).rejects.toMatchObject({ code: 'busy', holder: 'fork-1' });
  }
  expect(await it.vm.snapshots.list()).toMatchObject([{ name: 'ready', forks: [] }]);
  const held = await namelessFiles();
  await it.vm.snapshots.delete('ready');
  expect(await namelessFiles()).toBe(held - 1);
  expect(await it.vm.snapshots.list()).toEqual([]);
  await expect(it.vm.fork({ from: 'ready' })).rejects.toMatchObject({ code: 'not-found', known: [] });
});

test('what cannot be: a name twice, a machine that is off, a disk that is written in place', async () => {
  const disk = join(home.path, 'data.img');
  await writeFile(disk, Buffer.alloc(2 ** 20));
  await chmod(disk, 0o666);
  await using it = await openReady();
  await expect(it.vm.snapshots.save('ready')).rejects.toMatchObject({ code: 'config' });
  await it.vm.power.off({ mode: 'forced' });
  await expect(it.vm.snapshots.save('off')).rejects.toMatchObject({ code: 'state', state: 'off' });
  await using other = await open({ disks: [{ path: disk, format: 'raw' }] });
  await other.power.on();
  await expect(other.snapshots.save('ready')).rejects.toMatchObject({
    code: 'unsupported',
    message: expect.stringContaining('readonly: true'),
  });
});

test('a fork that may come to need more memory than there is is refused, with the figures', async () => {
  await using it = await openReady({ tbSize: '1048576GiB' });
  await expect(it.vm.fork({ from: 'ready' })).rejects.toMatchObject({
    code: 'capacity',
    needed: 2 ** 50 + 64 * 2 ** 20,
    free: expect.any(Number),
  });
  expect(await it.vm.snapshots.list()).toMatchObject([{ forks: [] }]);
});

test('a fork tells what it was started from, and how long each step took', async () => {
  await using it = await openReady();
  await using fork = await it.vm.fork({ from: 'ready' });
  const { fork: told } = await fork.describe();
  expect(told?.from).toBe('ready');
  expect(Object.keys(told?.steps ?? {})).toEqual(['files', 'spawn', 'qmp', 'incoming', 'cont', 'renew']);
  expect((await it.vm.describe()).fork).toBeUndefined();
});

test('one that is saved again and again', async () => {
  await using it = await openReady();
  await it.vm.snapshots.save('two');
  await it.vm.snapshots.save('three');
  await it.vm.snapshots.save('four');
  await using fork = await it.vm.fork({ from: 'three' });
  await using tty = await fork.console.open();
  expect(await count(tty)).toBe(2);
  expect(await count(it.tty)).toBe(2);
});

test('whoever gives up while it is saved: the machine goes on, and there is no such snapshot', async () => {
  await using it = await openReady();
  const events = await listenTo(it.vm);
  const controller = new AbortController();
  const saving = it.vm.snapshots.save('given-up', { signal: controller.signal });
  await events.next('STOP');
  controller.abort(new Error('never mind'));
  await expect(saving).rejects.toThrow('never mind');
  expect(await count(it.tty)).toBe(2);
  // The turn is free again when the machine goes on.
  await it.vm.snapshots.save('later');
  expect((await it.vm.snapshots.list()).map(({ name }) => name)).not.toContain('given-up');
  await using fork = await it.vm.fork({ from: 'later' });
  await using tty = await fork.console.open();
  expect(await count(tty)).toBe(3);
});

test('a forced off ends a save; what was frozen of the disk is there', async () => {
  await using it = await openReady();
  await write(it.tty);
  const events = await listenTo(it.vm);
  const saving = it.vm.snapshots.save('cut-off').then(
    () => 'saved',
    (error) => error.code,
  );
  await events.next('STOP');
  await it.vm.power.off({ mode: 'forced' });
  expect(['state', 'device', 'saved']).toContain(await saving);
  expect(await digitOnDisk(it.vm)).toBe(1);
  await it.vm.power.on();
  await using tty = await it.vm.console.open();
  await tty.expect(/ready\r\n/);
});

test('a QEMU that is killed while it is saved is told as that', async () => {
  await using it = await openReady();
  const events = await listenTo(it.vm);
  await it.vm.snapshots.restore('ready');
  const { data } = await events.next('POWER_ON');
  // Of what was restored the memory is private: a second QEMU takes part.
  const saving = it.vm.snapshots.save('again');
  process.kill(Number(data['pid']), 'SIGKILL');
  await expect(saving).rejects.toMatchObject({ code: 'device', event: 'EXIT' });
  await it.vm.snapshots.restore('ready');
  await using tty = await it.vm.console.open();
  expect(await count(tty)).toBe(2);
});

test('a fork that comes to nothing leaves nothing', async () => {
  await using it = await openReady();
  const controller = new AbortController();
  const forking = it.vm.fork({ from: 'ready', signal: controller.signal });
  await expect.poll(machines).toHaveLength(2);
  controller.abort(new Error('never mind'));
  await expect(forking).rejects.toThrow('never mind');
  await expect.poll(() => it.vm.snapshots.list()).toMatchObject([{ forks: [] }]);
  await expect.poll(machines).toHaveLength(1);
});

/** The process of a machine's QEMU. */
async function pidOf(vm: Awaited<ReturnType<typeof open>>): Promise<number | undefined> {
  const { command } = await vm.describe();
  const machines = await listMachines();
  return machines.find(({ run }) => command.some((word) => word.includes(`/${run}/`)))?.pid;
}

/** The QEMUs of this home, when one waits ahead. */
async function whenAhead(vm: Awaited<ReturnType<typeof open>>): Promise<number[]> {
  await expect.poll(() => vm.snapshots.list(), { timeout: 3_600_000 }).toMatchObject([{}, { ahead: 1 }]);
  return (await listMachines()).map(({ pid }) => pid);
}

test('one that was made ready ahead becomes the next fork, and another takes its place', async () => {
  await using it = await openReady();
  expect(await it.vm.snapshots.save('again', { ahead: 1 })).toMatchObject({ forks: [] });
  for (const name of ['one', 'other']) {
    const before = await whenAhead(it.vm);
    await using fork = await it.vm.fork({ from: 'again' });
    expect(before, name).toContain(await pidOf(fork));
    await using tty = await fork.console.open();
    expect(await count(tty)).toBe(2);
    await using grandchild = await fork.fork();
    await using grandTty = await grandchild.console.open();
    expect(await count(grandTty)).toBe(3);
    await expect(it.vm.snapshots.delete('again')).rejects.toMatchObject({ code: 'busy' });
  }
  await whenAhead(it.vm);
  await it.vm.snapshots.delete('again');
  expect(await machines()).toHaveLength(1);
  expect(await listMachines()).toHaveLength(1);
});

test('one that was made ready ahead and killed is not given to anybody', async () => {
  await using it = await openReady();
  await it.vm.snapshots.save('again', { ahead: 1 });
  const before = await whenAhead(it.vm);
  const own = await pidOf(it.vm);
  for (const pid of before) if (pid !== own) process.kill(pid, 'SIGKILL');
  await using fork = await it.vm.fork({ from: 'again' });
  expect(before).not.toContain(await pidOf(fork));
  await using tty = await fork.console.open();
  expect(await count(tty)).toBe(2);
});

test('nothing is left of a machine, its snapshots and its forks', async () => {
  {
    await using it = await openReady();
    await it.vm.fork({ from: 'ready' });
    expect(await inState('snapshots')).not.toEqual([]);
    expect(await machines()).toHaveLength(2);
  }
  expect(await inState('snapshots')).toEqual([]);
  expect(await inState('runs')).toEqual([]);
  expect(await readdir(join(home.path, 'run'))).toEqual([]);
});

test('a machine that is paused is saved, once; then it must run before it can be saved again', async () => {
  await using it = await openReady();
  await it.vm.power.pause();
  await it.vm.snapshots.save('paused');
  expect(await it.vm.power.state()).toBe('paused');
  await expect(it.vm.snapshots.save('again')).rejects.toMatchObject({
    code: 'state',
    message: expect.stringContaining('fork that snapshot, or let it run first (power.resume)'),
  });
  expect(await it.vm.power.state()).toBe('paused');
  await it.vm.power.resume();
  expect(await count(it.tty)).toBe(2);
  await it.vm.snapshots.save('again');
  for (const [from, next] of [
    ['paused', 2],
    ['again', 3],
  ] as const) {
    await using fork = await it.vm.fork({ from });
    await using tty = await fork.console.open();
    expect(await count(tty)).toBe(next);
  }
});
