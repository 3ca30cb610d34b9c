/** What is left of machines, snapshots, forks and boots whose owner is killed, at whatever it is: nothing, once the next
 * one has started. */
import { watch } from 'node:fs';
import { mkdir, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { execa } from 'execa';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createLog } from '../../../src/core/index.ts';
import { type QemuConfigInput, qemu } from '../../../src/drivers/qemu/index.ts';
import { serve } from '../../../src/index.ts';
import { KEYS } from '../../fixtures/boot-sector.ts';
import { findLeftProcesses, MARK } from '../../soak/left.ts';
import { createRandom } from '../../soak/random.ts';
import { BIOS } from '../../support/bios-machine.ts';
import { writeBootImage } from '../../support/boot-image.ts';
import { listenTo } from '../../support/machine-events.ts';
import { openHome } from '../../support/tiny-machine.ts';

const HOLDER = join(import.meta.dirname, '../../fixtures/fork-holder.ts');
/** So much that storing it takes a while, although there is nothing in it. */
const REMEMBERED = {
  ...BIOS,
  memory: '512MiB',
  boot: { remember: true, ready: { console: 'ready\\r\\n$' } },
} as const;
const random = createRandom(1);

let home: Awaited<ReturnType<typeof openHome>>;
let image: string;

beforeEach(async () => {
  home = await openHome();
  image = await writeBootImage(home.path);
});
afterEach(() => home[Symbol.asyncDispose]());

const open = (config: QemuConfigInput) => serve(qemu({ image, ...config }), { log: createLog('silent') });

/** Another process with a machine. Disposing of it kills it, and no process is left. */
function openOwner(what: string, config: QemuConfigInput) {
  const mark = `${process.pid}-${what}-${random.below(2 ** 31)}`;
  const argument = JSON.stringify({ image, ...config });
  const options = { reject: false, env: { [MARK]: mark } } as const;
  const owner = execa(process.execPath, [HOLDER, argument, what, image], options);
  const lines = createInterface({ input: owner.stdout })[Symbol.asyncIterator]();
  return {
    /** The next line that it says. */
    hears: async () => String((await lines.next()).value),
    tell: () => owner.stdin.write('now\n'),
    [Symbol.asyncDispose]: async () => {
      owner.kill('SIGKILL');
      expect(await owner).toMatchObject({ signal: 'SIGKILL', stderr: '' });
      expect(await findLeftProcesses(mark)).toEqual([]);
    },
  };
}

/** Lets an owner do that again and again, and kills it some milliseconds after it has begun for the second time. */
async function killWhile(what: string, config: QemuConfigInput): Promise<void> {
  await using owner = openOwner(what, config);
  for (let count = 0; count < 2; count++) expect(await owner.hears()).toBe(what);
  await sleep(random.below(300));
}

/** All that lies where what belongs to a process lies. */
async function leftovers(): Promise<string[]> {
  const folders = [
    'state/jumplead/runs',
    'state/jumplead/snapshots',
    'run',
    'cache/boots',
    'cache/images/flashed/incoming',
  ];
  const found = await Promise.all(
    folders.map(async (folder) =>
      (await readdir(join(home.path, folder)).catch(() => [])).map((name) => `${folder}/${name}`),
    ),
  );
  return found.flat().filter((path) => !/boots\/(?:identities|[0-9a-f]{64})$/.test(path));
}

/** The next start, which sweeps. */
async function startAndClose(): Promise<void> {
  await using _ = await open(BIOS);
}

test('while it holds a machine, snapshots and a fork', async () => {
  {
    await using owner = openOwner('nothing', BIOS);
    expect(await owner.hears()).toBe('nothing');
  }
  expect(await leftovers()).not.toEqual([]);
  await startAndClose();
  expect(await leftovers()).toEqual([]);
});

test.for(['saving', 'forking', 'claiming'])('while it is %s', async (what) => {
  for (let round = 0; round < 2; round++) {
    await killWhile(what, BIOS);
    expect(await leftovers()).not.toEqual([]);
    await startAndClose();
    expect(await leftovers()).toEqual([]);
  }
});

describe('of a boot that is to be remembered', () => {
  const boots = () => join(home.path, 'cache/boots');
  const stored = async () => (await readdir(boots())).filter((name) => name.length === 64);

  /** Switches on for the first time; how that went, and what the guest counts to. */
  async function bootAgain() {
    await using vm = await open(REMEMBERED);
    const events = await listenTo(vm);
    await vm.power.on();
    const { boot } = await vm.describe();
    if (boot?.kind === 'cold') await events.next('BOOT_REMEMBERED');
    await using tty = await vm.console.open({ from: 'boot' });
    await tty.expect(/ready\r\n/);
    await tty.write(KEYS.count);
    const { match } = await tty.expect(/(\d)\r\n/);
    return { kind: boot?.kind, count: Number(match?.[1]) };
  }

  test('while it is being stored: what is half there is never used', async () => {
    await mkdir(boots(), { recursive: true });
    {
      await using owner = openOwner('remembering', REMEMBERED);
      await owner.hears();
      const { promise: begun, resolve } = Promise.withResolvers<void>();
      const watcher = watch(boots(), (_, name) => void (name?.startsWith('unfinished-') && resolve()));
      owner.tell();
      await begun.finally(() => watcher.close());
    }
    expect(await leftovers()).toContainEqual(expect.stringContaining('cache/boots/unfinished-'));
    expect(await stored()).toEqual([]);
    expect(await bootAgain()).toEqual({ kind: 'cold', count: 1 });
    expect(await leftovers()).toEqual([]);
    expect(await bootAgain()).toEqual({ kind: 'remembered', count: 1 });
  });

  test('two processes that boot the same at once: one of them stores it', async () => {
    {
      await using one = openOwner('remembering', REMEMBERED);
      await using other = openOwner('remembering', REMEMBERED);
      const both = [one, other];
      for (const owner of both) await owner.hears();
      for (const owner of both) owner.tell();
      expect(await Promise.race(both.map((owner) => owner.hears()))).toBe('remembered');
    }
    expect(await stored()).toHaveLength(1);
    expect(await bootAgain()).toEqual({ kind: 'remembered', count: 1 });
    expect(await leftovers()).toEqual([]);
  });

  test('while it resumes from it', async () => {
    expect(await bootAgain()).toEqual({ kind: 'cold', count: 1 });
    for (let round = 0; round < 2; round++) {
      await killWhile('resuming', REMEMBERED);
      await startAndClose();
      expect(await leftovers()).toEqual([]);
    }
    expect(await bootAgain()).toEqual({ kind: 'remembered', count: 1 });
    expect(await stored()).toHaveLength(1);
  });
});
