/** What goes wrong in real guests and with real firmware: whoever waits is told at once, and by whom it was detected. */
import { join } from 'node:path';
import type { Tty } from 'jumplead';
import { console } from 'jumplead/wait';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { failureOf } from '../support/failure.ts';
import { BOOT, openHome, PROMPT, serveQemu, tinyGuest } from '../support/tiny-machine.ts';

/** Longer than any test may take: what ends before it has not been ended by it. */
const NEVER = { timeout: '10h' } as const;

const stack = new AsyncDisposableStack();
let guest: Awaited<ReturnType<typeof tinyGuest<'x86_64'>>>;
let home: string;

beforeAll(async () => {
  guest = await tinyGuest('x86_64');
  home = stack.use(await openHome()).path;
});
afterAll(() => stack.disposeAsync());

describe('a guest with a kernel in trouble', () => {
  const open = async () => serveQemu({ ...guest, network: 'none', display: 'none' }, join(home, 'trouble'));
  let vm: Awaited<ReturnType<typeof open>>;
  let tty: Tty;

  beforeAll(async () => {
    vm = stack.use(await open());
    await vm.power.on();
    tty = await vm.console.open();
    await tty.expect(PROMPT, BOOT);
  });

  test('hits a bug: the wait ends, later ones do not, and what dmesg repeats is no news', async () => {
    await tty.sendLine("echo '<1>BUG: kernel NULL pointer dereference, address: 0' >/dev/kmsg");
    expect(await failureOf(tty.expect('never', NEVER))).toMatchObject({
      ...{ code: 'device', event: 'GUEST_OOPS', detectedBy: 'console' },
      message: expect.stringContaining('BUG: kernel NULL pointer dereference'),
    });
    expect((await tty.run('dmesg | tail -n 3', NEVER)).stdout).toContain('BUG: kernel NULL');
    await tty.sendLine('dmesg | tail -n 3; echo that was it');
    await tty.expect('\nthat was it', NEVER);
  });

  test('runs out of memory and kills a process', async () => {
    expect(await failureOf(tty.run('tail /dev/zero', NEVER))).toMatchObject({
      ...{ code: 'device', event: 'OUT_OF_MEMORY', detectedBy: 'console', operation: 'console.run' },
      message: expect.stringMatching(/Out of memory: Killed process \d+ \(tail\)/),
    });
    await tty.expect(PROMPT, NEVER);
    expect((await tty.run('echo alive', NEVER)).stdout).toContain('alive');
    expect(await vm.power.state()).toBe('running');
  });

  test('panics without a driver that says so: the console tells, and a reset helps', async () => {
    await tty.run(
      'cd /sys/bus/pci/drivers/pvpanic-pci && for device in 0*; do echo $device >unbind; done; cd',
    );
    await tty.sendLine('echo c >/proc/sysrq-trigger');
    expect(await failureOf(tty.expect('never', NEVER))).toMatchObject({
      ...{ code: 'device', event: 'GUEST_PANICKED', detectedBy: 'console' },
      message: expect.stringContaining('Kernel panic - not syncing: sysrq triggered crash'),
      tail: expect.stringContaining('end Kernel panic'),
    });
    expect(await vm.power.state()).toBe('panicked');
    await vm.power.reset();
    await tty.expect('Linux version', BOOT);
    await tty.expect(PROMPT, BOOT);
    expect(await vm.power.state()).toBe('running');
  });

  test('shows that its system did not come up', async () => {
    await tty.sendLine("echo 'You are in emergency mode. After logging in' >/dev/console");
    const fact = { code: 'device', event: 'EMERGENCY_MODE', detectedBy: 'console' };
    expect(await failureOf(tty.login({ username: 'root', password: 'x' }, NEVER))).toMatchObject(fact);
    expect(await vm.power.state()).toBe('stuck');
    expect((await tty.run('echo repaired', { faults: 'ignore' })).stdout).toBe('repaired\n');
  });
});

const BARE = { arch: 'x86_64', accelerator: 'tcg', cloudInit: false, network: 'none' } as const;

test.for([
  { firmware: 'bios', display: 'none', memory: '64MiB' },
  { firmware: 'bios', display: 'vga', memory: '64MiB' },
  { firmware: 'uefi', display: 'none', memory: '256MiB' },
] as const)('$firmware without anything to start, display: $display', async (config) => {
  await using vm = await serveQemu({ ...BARE, ...config });
  await vm.power.on();
  const nothing = {
    ...{ code: 'device', detectedBy: config.firmware === 'bios' ? 'firmware' : 'console' },
    event: expect.stringMatching(/^(?:FIRMWARE_SHELL|NOTHING_TO_BOOT)$/),
  };
  const waiting = failureOf(vm.waitFor(console(/login:/), NEVER));
  await using tty = await vm.console.open();
  expect(await failureOf(tty.expect('login: ', NEVER))).toMatchObject(nothing);
  expect(await waiting).toMatchObject(nothing);
  expect(await vm.power.state()).toBe('stuck');
  expect(await vm.power.off({ deadline: '10h' })).toBe('forced');
});
