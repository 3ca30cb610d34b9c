/** `jumplead snapshot` as people and scripts use it. */
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtempDisposable, readdir, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { acquireLock } from '../../src/core/index.ts';
import { BootStore } from '../../src/drivers/qemu/boots/boot-store.ts';
import { runCli } from './run-cli.ts';

const [OLD, NEW] = ['a'.repeat(64), 'b'.repeat(64)] as const;
let home: Awaited<ReturnType<typeof mkdtempDisposable>>;
const path = (...names: string[]) => join(home.path, ...names);
const snapshot = (...args: string[]) =>
  runCli(['snapshot', ...args], {
    env: { JUMPLEAD_CACHE: path('cache'), XDG_STATE_HOME: path('state'), NO_COLOR: '1' },
  });

beforeEach(async () => {
  home = await mkdtempDisposable(join(tmpdir(), 'jumplead-snapshot-'));
  await mkdir(path('saved'));
  for (const name of ['memory', 'state', 'console', 'root']) await writeFile(path('saved', name), name);
  const store = new BootStore(path('cache', 'boots'));
  const material = {
    memory: path('saved', 'memory'),
    state: path('saved', 'state'),
    history: path('saved', 'console'),
    seed: null,
    bases: { 'root.qcow2': path('saved', 'root') },
  };
  const about = { ready: 'console /login: $/', hostname: 'dut', renews: true };
  const { signal } = new AbortController();
  for (const key of [OLD, NEW]) await store.add(key, material, about, signal);
  const longAgo = new Date('2020-01-01');
  await utimes(path('cache', 'boots', OLD, 'boot.json'), longAgo, longAgo);
});
afterEach(() => home.remove());

const kept = async () => (await readdir(path('cache', 'boots'))).filter((name) => name.length === 64);

/** A run of a machine that lives and lies over the boot. */
async function useBoot(key: string): Promise<AsyncDisposable> {
  const run = path('state', 'jumplead', 'runs', '0123456789ab');
  await mkdir(join(run, 'images'), { recursive: true });
  await symlink(path('cache', 'boots', key), join(run, 'images', 'note'));
  return await acquireLock(`${run}.lock`);
}

test('boots are listed, the one that was used last first, with the space that they share', async () => {
  const { stdout } = await snapshot('ls');
  expect(stdout.split('\n')[0]).toMatch(
    /^bbbbbbbbbbbb {2}dut {2}\d+ KiB {2}used \S+ {2}console \/login: \$\/$/,
  );
  expect(stdout).not.toContain('machines that are on');
  const all = JSON.parse((await snapshot('ls', '--json')).stdout);
  expect(all).toMatchObject({ boots: [{ key: NEW }, { key: OLD }], machines: [] });
});

test('machines that are on are listed with what is their own', async () => {
  const run = path('state', 'jumplead', 'runs', '0123456789ab');
  await mkdir(run, { recursive: true });
  await writeFile(join(run, 'root.qcow2'), Buffer.alloc(2 ** 16, 1));
  await using _lock = await acquireLock(`${run}.lock`);
  // A process with the name and the words of a QEMU, which does nothing.
  const args = ['-e', 'process.stdin.resume()', '--', '-name', 'guest=dut', '-vnc', `unix:${run}/vnc`];
  const qemu = spawn(process.execPath, args, { argv0: 'qemu-system-x86_64' });
  await once(qemu, 'spawn');
  const { stdout } = await snapshot('ls');
  expect(stdout).toMatch(/^0123456789ab {2}dut {2}has booted {2}[\d.]+ MiB memory and 64 KiB disk its own$/m);
  const { machines } = JSON.parse((await snapshot('ls', '--json')).stdout);
  expect(machines).toMatchObject([{ pid: qemu.pid, shared: 0, disk: 2 ** 16 }]);
  qemu.stdin.end();
  await once(qemu, 'exit');
});

test('what was not used for long is collected, but never what a machine lies over', async () => {
  expect((await snapshot('gc', '--dry-run')).stdout).toContain('would be freed');
  expect(await kept()).toHaveLength(2);
  {
    await using _machine = await useBoot(OLD);
    expect((await snapshot('gc')).stdout).toBe('nothing to remove\n');
    const { code, stderr } = await snapshot('rm', 'aaaa');
    expect(code).toBe(3);
    expect(stderr).toContain('a machine that runs lies over it');
  }
  expect((await snapshot('gc')).stdout).toContain('freed');
  expect(await kept()).toEqual([NEW]);
});

test('one that is not trusted any more is collected whatever its age, and the list says why', async () => {
  const store = new BootStore(path('cache', 'boots'));
  await store.doubt(NEW, 'its kernel hit a bug');
  expect((await snapshot('ls')).stdout).toMatch(/^b+ .* not trusted: its kernel hit a bug$/m);
  expect((await snapshot('gc', '--older-than', '100000d')).stdout).toMatch(/^bbbbbbbbbbbb /);
  expect(await kept()).toEqual([OLD]);
  // There is nothing to doubt any more.
  await store.doubt(NEW, 'its kernel hit a bug');
  expect(await kept()).toEqual([OLD]);
});

test('one is removed by its key, or the beginning of that', async () => {
  expect((await snapshot('rm', 'bbbbb')).stdout).toMatch(/^removed bbbbbbbbbbbb, /);
  const { code, stderr } = await snapshot('rm', 'bbbbb');
  expect(code).toBe(2);
  expect(stderr).toContain('there is no remembered boot "bbbbb"; there are: aaaaaaaaaaaa');
  await snapshot('rm', OLD);
  expect((await snapshot('ls')).stdout).toContain('no boot is remembered');
});
