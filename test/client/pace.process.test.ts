import { connect, serve, sessionOf } from 'jumplead';
import { group } from 'jumplead/driver';
import { fakeConsole, fakeMachine, fakeSsh } from 'jumplead/fake';
import { console } from 'jumplead/wait';
import { afterEach, expect, test, vi } from 'vitest';

const MINUTE = 60_000;
const pace = { factor: 4, reason: 'the reason' };

afterEach(() => void vi.useRealTimers());

/** A machine that is on, and a way to let minutes pass while nothing comes. */
async function openMachine(options: Parameters<typeof fakeMachine>[0] = { pace }) {
  const machine = fakeMachine(options);
  const vm = await serve(machine);
  await vm.power.on();
  const stopClock = async () => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
  };
  const pass = async (minutes: number) => {
    // What was asked before has been answered, and what was begun before has begun.
    await vm.describe();
    await vm.describe();
    vi.advanceTimersByTime(minutes * MINUTE);
    await vm.describe();
  };
  return { machine, vm, stopClock, pass };
}

/** What a promise has come to so far. */
function follow(promise: Promise<unknown>) {
  const seen: { error?: unknown } = {};
  promise.catch((error: unknown) => {
    seen.error = error;
  });
  return seen;
}

test('expect, login and run are given more time, and say so', async () => {
  const { vm, stopClock, pass } = await openMachine();
  await using _vm = vm;
  await using tty = await vm.console.open();
  await stopClock();
  const waits: [() => Promise<unknown>, number, string][] = [
    [() => tty.expect('never'), 8, '8 m 00 s (2m x 4: the reason), still waiting for "never"'],
    [() => tty.login(vm.credentials, { nudge: false }), 40, '40 m 00 s (10m x 4: the reason)'],
    [() => tty.run('never ends'), 40, '40 m 00 s (10m x 4: the reason)'],
    [() => vm.waitFor(console('nothing')), 40, '40 m 00 s (10m x 4: the reason), still waiting for console'],
  ];
  for (const [wait, minutes, text] of waits) {
    const seen = follow(wait());
    await pass(minutes / 4);
    await pass(0.7 * minutes);
    expect(seen.error).toBeUndefined();
    await pass(0.1 * minutes);
    expect(String(seen.error)).toContain(`gave up after ${text}`);
  }
});

test('ssh is given more time, and says so', async () => {
  const { machine, vm, stopClock, pass } = await openMachine();
  await using _vm = vm;
  await stopClock();
  const { reached } = machine.children.ssh.device.stall('connect');
  const seen = follow(vm.ssh.connect());
  await reached;
  await pass(5);
  await pass(14);
  expect(seen.error).toBeUndefined();
  await pass(2);
  expect(String(seen.error)).toContain(
    'gave up after 20 m 00 s (5m x 4: the reason), still waiting for the ssh',
  );
});

test('a time that was asked for is kept', async () => {
  const { vm, stopClock, pass } = await openMachine();
  await using _vm = vm;
  await using tty = await vm.console.open();
  await stopClock();
  const seen = follow(tty.expect('never', { timeout: '3m' }));
  await pass(3);
  expect(String(seen.error)).toContain('gave up after 3 m 00 s, still waiting');
});

test('where nobody tells a pace, the default is kept', async () => {
  const { vm, stopClock, pass } = await openMachine({});
  await using _vm = vm;
  await using tty = await vm.console.open();
  await stopClock();
  const seen = follow(tty.expect('never'));
  await pass(2);
  expect(String(seen.error)).toContain('gave up after 2 m 00 s, still waiting');
});

test('a machine is asked once in a session, and other devices are not', async () => {
  const { machine, vm } = await openMachine();
  await using _vm = vm;
  await using other = await connect(sessionOf(vm).target, machine);
  const before = machine.device.calls.filter(({ method }) => method === 'describe').length;
  await using tty = await other.console.open();
  await tty.expect('login: ');
  await other.waitFor(console('login: '));
  expect(machine.device.calls.filter(({ method }) => method === 'describe').length).toBe(before + 1);
  await using board = await serve(group({ console: fakeConsole({ greeting: 'hello' }), ssh: fakeSsh() }));
  await board.waitFor(console('hello'));
});
