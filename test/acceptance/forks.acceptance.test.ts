/** Forks of a guest with a kernel: what goes on in it goes on, also its connections. The tests run in order, on the same machine. */

import type { ByteChannel } from 'jumplead/interfaces';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { BOOT, openHome, PROMPT, serveQemu, tinyGuest } from '../support/tiny-machine.ts';

const stack = new AsyncDisposableStack();
const open = async () =>
  serveQemu({ ...(await tinyGuest('x86_64')), diskSize: '64MiB', forwards: { echo: { guestPort: 7 } } });
let vm: Awaited<ReturnType<typeof open>>;
let tty: Awaited<ReturnType<typeof vm.console.open>>;

beforeAll(async () => {
  await tinyGuest('x86_64');
  stack.use(await openHome());
  vm = stack.use(await open());
  await vm.power.on();
  tty = stack.use(await vm.console.open());
  await tty.expect(PROMPT, BOOT);
  await tty.run(
    'udhcpc -n -q -i eth0 >/dev/null 2>&1; nc -ll -p 7 -e cat & mke2fs /dev/vda >/dev/null 2>&1; mount /dev/vda /mnt',
  );
});
afterAll(() => stack.disposeAsync());

/** What comes back from an echo. */
async function echoed(channel: ByteChannel, text: string): Promise<string> {
  await channel.write(Buffer.from(text));
  let heard = '';
  for await (const chunk of channel) {
    heard += Buffer.from(chunk).toString();
    if (heard.length >= text.length) break;
  }
  return heard;
}

test('a connection that was there before a save is there afterwards', async () => {
  await using channel = await vm.echo.connect();
  expect(await echoed(channel, 'before')).toBe('before');
  await tty.run('echo parent >/mnt/who; sync');
  const { pause } = await vm.snapshots.save('ready');
  expect(pause).toBeGreaterThan(0);
  expect(await echoed(channel, 'after')).toBe('after');
});

test('a fork has a system at work, a file system that is its own, and a network', async () => {
  await using fork = await vm.fork({ from: 'ready' });
  await using forkTty = await fork.console.open();
  expect((await forkTty.run('cat /mnt/who')).stdout).toBe('parent\n');
  await forkTty.run('echo fork >/mnt/who; sync');
  await using channel = await fork.echo.connect();
  expect(await echoed(channel, 'hello')).toBe('hello');
  expect((await tty.run('cat /mnt/who')).stdout).toBe('parent\n');
  // The same processes, not others that were started anew.
  const { stdout: pid } = await forkTty.run('pidof nc');
  expect(pid).toBe((await tty.run('pidof nc')).stdout);
});

test('a fork is saved while it runs and its connections stay; what is forked from it is what it was', async () => {
  await using fork = await vm.fork({ from: 'ready' });
  await using forkTty = await fork.console.open();
  await forkTty.run('echo fork >/mnt/who; sync');
  await using channel = await fork.echo.connect();
  expect(await echoed(channel, 'before')).toBe('before');
  await fork.snapshots.save('later');
  expect(await echoed(channel, 'after')).toBe('after');
  await forkTty.run('rm -rf /mnt/who');
  await using grandchild = await fork.fork({ from: 'later' });
  await using grandTty = await grandchild.console.open();
  expect((await grandTty.run('cat /mnt/who')).stdout).toBe('fork\n');
  expect((await grandTty.run('dd if=/dev/vda of=/dev/null bs=1M 2>/dev/null; echo $?')).stdout).toBe('0\n');
});

test('a machine of a pool goes on where it was saved, with the same processes', async () => {
  await using pool = await vm.pool({ from: 'ready', min: 1, max: 2 });
  await pool.filled();
  await using claimed = await pool.claim();
  await using claimedTty = await claimed.console.open();
  expect((await claimedTty.run('cat /mnt/who')).stdout).toBe('parent\n');
  expect((await claimedTty.run('pidof nc')).stdout).toBe((await tty.run('pidof nc')).stdout);
  await using channel = await claimed.echo.connect();
  expect(await echoed(channel, 'claimed')).toBe('claimed');
  expect(pool.info).toMatchObject({ given: 1, broken: 0, refused: 0 });
});
