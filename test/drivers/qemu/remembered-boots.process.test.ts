/** Boots that are remembered, with the real QEMU and a guest of 512 bytes, which counts in its memory. */
import { createHash } from 'node:crypto';
import { appendFile, open, readdir, readFile, stat, truncate, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLog, type Log } from '../../../src/core/index.ts';
import { listBoots, type QemuConfigInput, qemu } from '../../../src/drivers/qemu/index.ts';
import { serve } from '../../../src/index.ts';
import { BIOS } from '../../support/bios-machine.ts';
import { writeBootImage } from '../../support/boot-image.ts';
import { count } from '../../support/count.ts';
import { openHome } from '../../support/tiny-machine.ts';

const CONFIG = {
  ...BIOS,
  boot: { remember: true, ready: { console: 'ready\\r\\n$' } },
} as const satisfies QemuConfigInput;

let home: Awaited<ReturnType<typeof openHome>>;

beforeEach(async () => {
  home = await openHome();
  await writeBootImage(home.path);
});
afterEach(() => home[Symbol.asyncDispose]());

const serveMachine = (config: QemuConfigInput = {}, log: Log = createLog('silent')) =>
  serve(qemu({ ...CONFIG, image: join(home.path, 'boot.img'), ...config }), { log });
type Vm = Awaited<ReturnType<typeof serveMachine>>;

/** Switches the machine on and waits until its boot has been stored. */
async function bootOnce(vm: Vm): Promise<void> {
  const stored = next(vm, 'BOOT_REMEMBERED');
  await vm.describe(); // Answered after the machine has got to the call before.
  await vm.power.on();
  await stored;
}

async function next(vm: Vm, wanted: string): Promise<void> {
  for await (const { event } of vm.events()) if (event === wanted) return;
  throw new Error('the events have ended');
}

const howItBegan = async (vm: Vm) => {
  const { boot, command } = await vm.describe();
  return [boot?.kind, command.includes('-incoming')];
};

const boots = async () =>
  (await readdir(join(home.path, 'cache', 'boots'))).filter((name) => name.length === 64);

test('what is stored of a boot is for nobody else; where we are root, the disks are lent', async () => {
  await using vm = await serveMachine({ cloudInit: {} });
  await bootOnce(vm);
  const [boot = ''] = await boots();
  const folder = join(home.path, 'cache', 'boots', boot);
  const modes = await Promise.all(
    (await readdir(folder)).map(
      async (name) => [name, (await stat(join(folder, name))).mode & 0o077] as const,
    ),
  );
  const lent = process.getuid?.() === 0 ? 0o040 : 0;
  expect(Object.fromEntries(modes)).toMatchObject({
    'root.qcow2': lent,
    'seed.iso': 0,
    state: 0,
    private: 0,
  });
  expect(modes.filter(([name, mode]) => !name.endsWith('.qcow2') && mode !== 0)).toEqual([]);
});

test('the first power-on after a flash resumes; any other boots', async () => {
  await using first = await serveMachine();
  await bootOnce(first);
  expect(await howItBegan(first)).toEqual(['cold', false]);
  await using ours = await first.console.open({ from: 'boot' });
  expect(await count(ours)).toBe(1);

  await using vm = await serveMachine();
  expect(await vm.power.on()).toBe('remembered');
  expect(await vm.power.on()).toBe('already');
  expect(await howItBegan(vm)).toEqual(['remembered', true]);
  await using tty = await vm.console.open();
  await tty.expect(/ready\r\n/);
  expect(await count(tty)).toBe(1);
  expect(await count(tty)).toBe(2);
  // What another made of the same boot is his.
  expect(await count(ours)).toBe(2);

  await vm.power.off({ mode: 'forced' });
  expect(await vm.power.on()).toBe('cold');
  expect(await howItBegan(vm)).toEqual(['cold', false]);
  expect(vm.credentials).toEqual(first.credentials);

  await vm.power.off({ mode: 'forced' });
  await vm.flasher.flash(join(home.path, 'boot.img'));
  await vm.power.on();
  expect(await howItBegan(vm)).toEqual(['remembered', true]);
  expect(await boots()).toHaveLength(1);
});

test('the log says each time which it was, and why', async () => {
  const logged: { msg: string; kind?: string; reason?: string }[] = [];
  const log = pino({ level: 'info' }, { write: (line) => void logged.push(JSON.parse(line)) });
  const told = () => logged.filter(({ kind }) => kind).map(({ msg, reason }) => [msg, reason]);
  await using vm = await serveMachine({}, log);
  await bootOnce(vm);
  await vm.power.cycle({ mode: 'forced' });
  await vm.power.off({ mode: 'forced' });
  await vm.flasher.flash(join(home.path, 'boot.img'));
  await vm.power.on();
  expect(told()).toEqual([
    ['the machine boots', 'no such boot is remembered'],
    ['the machine boots', 'the disk has been booted before'],
    ['the machine resumes', expect.stringMatching(/^stored 20/)],
  ]);
});

describe('a boot is another', () => {
  test('of another image', async () => {
    await using first = await serveMachine();
    await bootOnce(first);
    await appendFile(join(home.path, 'boot.img'), Buffer.alloc(512));
    await using vm = await serveMachine();
    await vm.power.on();
    expect(await howItBegan(vm)).toEqual(['cold', false]);
  });

  test('of another configuration', async () => {
    await using first = await serveMachine();
    await bootOnce(first);
    await using vm = await serveMachine({ memory: '96MiB' });
    await vm.power.on();
    expect(await howItBegan(vm)).toEqual(['cold', false]);
    await using sized = await serveMachine();
    await sized.setMemorySize('96MiB');
    await sized.power.on();
    expect(await howItBegan(sized)).toEqual(['cold', false]);
  });
});

test('machines whose users differ never share a boot, in whichever order they come', async () => {
  const users = [{}, { username: 'ada' }, { hostname: 'other' }, { password: 'another' }] as const;
  for (const user of users) {
    await using vm = await serveMachine(user);
    await bootOnce(vm);
    expect(await howItBegan(vm)).toEqual(['cold', false]);
  }
  expect(await boots()).toHaveLength(users.length);
  for (const user of users) {
    await using vm = await serveMachine(user);
    expect(await vm.power.on()).toBe('remembered');
    expect(vm.credentials.username).toBe('username' in user ? user.username : 'jumplead');
  }
});

test('a boot that somebody has used before it was ready is not remembered', async () => {
  await using vm = await serveMachine({ boot: { remember: true, ready: { console: '1\\r\\n' } } });
  const on = next(vm, 'POWER_ON');
  await vm.describe();
  await vm.power.on();
  await on;
  await using tty = await vm.console.open();
  await tty.expect(/ready/);
  expect(await count(tty)).toBe(1);
  expect(await count(tty)).toBe(2);
  await vm.power.off({ mode: 'forced' });
  expect(await boots()).toEqual([]);
});

describe('what is damaged is a cold boot with a warning, and is stored anew', () => {
  const damages: Readonly<Record<string, (folder: string) => Promise<unknown>>> = {
    'a byte of the state': async (folder) => {
      await using state = await open(join(folder, 'state'), 'r+');
      await state.write(Buffer.from('x'), 0, 1, 100);
    },
    'a state that was cut': (folder) => truncate(join(folder, 'state'), 1_000),
    'a byte of the memory': async (folder) => {
      await using memory = await open(join(folder, 'private/memory'), 'r+');
      await memory.write(Buffer.from('x'), 0, 1, 0x7c00);
    },
    'a memory that was cut': (folder) => truncate(join(folder, 'private/memory'), 2 ** 20),
    'an overlay that has grown': (folder) => appendFile(join(folder, 'root.qcow2'), 'more'),
  };

  test.for(Object.keys(damages))('%s', async (name) => {
    {
      await using first = await serveMachine();
      await bootOnce(first);
    }
    const [key = ''] = await boots();
    await damages[name]?.(join(home.path, 'cache', 'boots', key));
    const logged: { msg: string; reason: string }[] = [];
    const log = pino({ level: 'warn' }, { write: (line) => void logged.push(JSON.parse(line)) });
    await using vm = await serveMachine({}, log);
    await bootOnce(vm);
    expect(await howItBegan(vm)).toEqual(['cold', false]);
    expect(logged).toMatchObject([
      {
        msg: 'what was remembered of this boot is of no use: the machine boots',
        reason: expect.stringContaining(key),
      },
    ]);
    await using tty = await vm.console.open({ from: 'boot' });
    await tty.expect(/ready\r\n/);
    expect(await count(tty)).toBe(1);
    expect(await boots()).toHaveLength(1);
  });
});

describe('a kernel that hits a bug', () => {
  const BUG = 'BUG: Bad rss-counter state mm:00000000a7d5e0d1 type:MM_ANONPAGES val:1';
  /** The guest echoes what it reads: it says so itself. Where it `runs`, it has been ready before. */
  async function say(vm: Vm, line: string, { runs = false } = {}): Promise<void> {
    const faults = next(vm, 'GUEST_OOPS');
    await vm.describe();
    await using tty = await vm.console.open({ from: 'boot' });
    if (!runs) await tty.expect(/ready\r\n/);
    await tty.write(`\r\n${line}\r\n---[ end trace 0 ]---\r\n`);
    await faults;
  }

  test('after it was resumed: that boot is not resumed from again, and the next one is stored anew', async () => {
    {
      await using first = await serveMachine();
      await bootOnce(first);
    }
    const logged: { msg: string; reason: string }[] = [];
    const log = pino({ level: 'warn' }, { write: (line) => void logged.push(JSON.parse(line)) });
    await using vm = await serveMachine({}, log);
    expect(await vm.power.on()).toBe('remembered');
    await say(vm, BUG);
    expect((await vm.describe()).boot).toEqual({
      kind: 'remembered',
      reason: expect.stringMatching(/^stored 20.*; not trusted any more: .*Bad rss-counter/),
    });
    expect(await listBoots()).toMatchObject([{ inUse: true, doubt: expect.stringContaining(BUG) }]);

    // Another process that comes while it runs boots as well.
    await using other = await serveMachine();
    expect(await other.power.on()).toBe('cold');
    await other.power.off({ mode: 'forced' });

    await vm.power.off({ mode: 'forced' });
    await vm.flasher.flash(join(home.path, 'boot.img'));
    await bootOnce(vm);
    expect((await vm.describe()).boot).toEqual({ kind: 'cold', reason: expect.stringContaining(BUG) });
    expect(logged.map(({ msg }) => msg)).toEqual([
      'this boot is not resumed from again: the next one is a cold one',
      'what was remembered of this boot is of no use: the machine boots',
    ]);
    await vm.power.off({ mode: 'forced' });
    await vm.flasher.flash(join(home.path, 'boot.img'));
    expect(await vm.power.on()).toBe('remembered');
  });

  test('in a fork of a machine that was resumed: the same', async () => {
    {
      await using first = await serveMachine();
      await bootOnce(first);
    }
    await using vm = await serveMachine();
    expect(await vm.power.on()).toBe('remembered');
    await using fork = await vm.fork();
    await say(fork, BUG, { runs: true });
    expect(await listBoots()).toMatchObject([{ doubt: expect.stringContaining(BUG) }]);
  });

  test('after a reset, or as somebody has asked for it: the boot is not to blame', async () => {
    {
      await using first = await serveMachine();
      await bootOnce(first);
    }
    await using vm = await serveMachine();
    expect(await vm.power.on()).toBe('remembered');
    await say(vm, `sysrq: Trigger a crash\r\n${BUG}`);
    await using tty = await vm.console.open();
    await vm.power.reset();
    // What it reads before it has started again is lost.
    await tty.expect(/ready\r\n/);
    await say(vm, BUG, { runs: true });
    expect(await listBoots()).toMatchObject([{ doubt: null }]);
  });

  test('before it is ready: that boot is not stored', async () => {
    await using vm = await serveMachine({ boot: { remember: true, ready: { console: 'never' } } });
    const outcome = next(vm, 'BOOT_NOT_REMEMBERED');
    await vm.describe();
    await vm.power.on();
    await say(vm, BUG);
    await outcome;
    expect(await boots()).toEqual([]);
  });
});

test('what QEMU does not take is a cold boot of an untouched disk', async () => {
  await using first = await serveMachine();
  await bootOnce(first);
  const [key = ''] = await boots();
  const folder = join(home.path, 'cache', 'boots', key);
  const broken = Buffer.from('no state of any machine');
  await writeFile(join(folder, 'state'), broken);
  const manifest = JSON.parse(await readFile(join(folder, 'boot.json'), 'utf8'));
  const sha256 = createHash('sha256').update(broken).digest('hex');
  manifest.files.state = { ...manifest.files.state, size: broken.length, sha256 };
  await writeFile(join(folder, 'boot.json'), JSON.stringify(manifest));
  await using vm = await serveMachine();
  expect(await vm.power.on()).toBe('cold');
  expect(await howItBegan(vm)).toEqual(['cold', false]);
  expect((await vm.describe()).boot?.reason).toContain('what was remembered is of no use');
  await using tty = await vm.console.open();
  await tty.expect(/ready\r\n/);
  expect(await count(tty)).toBe(1);
});
