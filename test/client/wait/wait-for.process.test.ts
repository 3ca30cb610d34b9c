import {
  connect,
  defineRig,
  type SshHandle,
  serve,
  sessionOf,
  type VirtualPowerHandle,
  type Wait,
} from 'jumplead';
import { group } from 'jumplead/driver';
import { fakeMachine, fakePower, fakeSerial, fakeSsh } from 'jumplead/fake';
import { Machine, VirtualPower } from 'jumplead/interfaces';
import { all, any, console, custom, ssh } from 'jumplead/wait';
import { describe, expect, expectTypeOf, onTestFinished, test, vi } from 'vitest';
import { DeviceError, UnreachableError } from '../../../src/core/index.ts';
import { createSshKey } from '../../../src/drivers/fake/ssh-server.ts';

const HOUR = { timeout: '1h' } as const;
const otherKey = createSshKey();
const FAULT = {
  message: "the guest's kernel hit a bug",
  failure: { event: 'GUEST_OOPS', tail: 'Oops', detectedBy: 'console', since: '2026-01-01T00:00:00.000Z' },
  lasts: true,
  offset: 0,
};
const refused = () => new UnreachableError('tcp://127.0.0.1:22: nobody listens', { target: 'ssh' });

/** A machine that is on, and what a test plays with. */
async function openMachine(options: Parameters<typeof fakeMachine>[0] = {}) {
  const machine = fakeMachine(options);
  const vm = await serve(machine);
  await vm.power.on();
  const { children } = machine;
  return {
    machine,
    vm,
    console: children.console.device,
    ssh: children.ssh.device,
    power: children.power.device,
  };
}

describe('a machine is waited for', () => {
  test('until all has come', async () => {
    const fake = await openMachine();
    await using vm = fake.vm;
    fake.ssh.fail('connect', refused());
    const waiting = vm.waitFor(
      all(console(/(\w+) login: /), ssh(), console({ up: 'up', down: 'down' })),
      HOUR,
    );
    fake.console.print('it is up');
    fake.ssh.fail('connect');
    const [login, nothing, way] = await waiting;
    expect(login.match?.[1]).toBe('fake');
    expect(nothing).toBeUndefined();
    expect(way.name).toBe('up');
    expectTypeOf(way.name).toEqualTypeOf<'up' | 'down'>();
  });

  test('until any has come', async () => {
    const fake = await openMachine();
    await using vm = fake.vm;
    const stall = fake.ssh.stall('connect');
    const which = await vm.waitFor(any(ssh(), console('login: ')), HOUR);
    expectTypeOf(which?.text).toEqualTypeOf<string | undefined>();
    expect(which?.text).toBe('login: ');
    await stall.over; // What lost has been ended on the exporter's side, too.
    expect(fake.console.streams.size).toBe(0);
  });

  test('by a wait of its own', async () => {
    const fake = await openMachine();
    await using vm = fake.vm;
    const state = custom('state', (device: { power: VirtualPowerHandle }, { signal }) =>
      device.power.state({ signal }),
    );
    expect(await vm.waitFor(state)).toBe('running');
    expect(await vm.waitFor(custom('host name', async ({ hostname }) => hostname))).toBe('fake');
  });
});

test('the console is read from the power-on, beside somebody else, and nothing is typed', async () => {
  const fake = await openMachine();
  await using vm = fake.vm;
  await using tty = await vm.console.open();
  await tty.expect('fake login: ');
  await vm.waitFor(all(console('fake login: '), console('fake login: ')), HOUR);
  fake.console.print('more');
  expect((await tty.expect('more')).before).toBe('');
  expect(fake.console.typed).toBe('');
  expect(fake.console.writer).toBeUndefined();
});

describe('nothing is waited for in vain:', () => {
  test('the end of the time', async () => {
    const fake = await openMachine();
    await using vm = fake.vm;
    const { reached } = fake.ssh.stall('connect');
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    onTestFinished(() => void vi.useRealTimers());
    const waiting = vm.waitFor(all(console('never'), ssh()), HOUR);
    waiting.catch(() => undefined);
    await reached;
    vi.advanceTimersByTime(3_600_000);
    await expect(waiting).rejects.toMatchObject({
      code: 'deadline',
      waitingFor: 'console "never" and ssh',
      report: { state: 'waiting' },
    });
  });

  test('an error says what was met, what was not, and what was seen last', async () => {
    const fake = await openMachine();
    await using vm = fake.vm;
    fake.ssh.fail('connect', refused());
    fake.console.print('\r\nstarting\r\nnot yet');
    const first = fake.ssh.stall('connect');
    const waiting = vm.waitFor(all(console('login: '), console('ready'), ssh()), HOUR);
    waiting.catch(() => undefined);
    await first.reached;
    const second = fake.ssh.stall('connect');
    first.release();
    await second.reached;
    fake.power.enter('panicked');
    const error = await waiting.catch((e: unknown) => e);
    expect(String(error).replaceAll(/after \d\.\d+ s/g, 'after N s')).toMatchInlineSnapshot(`
      "DeviceError: waitFor: the guest panicked
        met after N s: console "login: "
        waiting: console "ready": last on the console:
            | fake login:
            | starting
            | not yet
        waiting: ssh: tcp://127.0.0.1:22: nobody listens"
    `);
  });

  test('a part that fails for good ends all', async () => {
    const fake = await openMachine();
    await using vm = fake.vm;
    const waiting = vm.waitFor(all(ssh({ privateKey: otherKey }), console('never')), HOUR);
    const error = await waiting.catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'auth' });
    expect(String(error)).toMatch(/waitFor: ssh: ssh.connect: the server refuses the login/);
  });

  test('the reason of an abort comes out untouched', async () => {
    const fake = await openMachine();
    await using vm = fake.vm;
    const aborter = new AbortController();
    const waiting = vm.waitFor(all(console('never'), any(console('no'))), {
      ...HOUR,
      signal: aborter.signal,
    });
    const reason = { any: 'thing' };
    aborter.abort(reason);
    await expect(waiting).rejects.toBe(reason);
    await expect(vm.waitFor(ssh(), { signal: aborter.signal })).rejects.toBe(reason);
  });

  test('a machine that is off', async () => {
    await using vm = await serve(fakeMachine());
    await expect(vm.waitFor(console('x'), HOUR)).rejects.toMatchObject({ code: 'state', state: 'off' });
  });

  test('a machine that has panicked', async () => {
    const fake = await openMachine();
    await using vm = fake.vm;
    fake.power.enter('panicked');
    await expect(vm.waitFor(console('x'), HOUR)).rejects.toMatchObject({ code: 'device' });
  });

  test.each(['panicked', 'off'] as const)('a machine that gets %s meanwhile', async (state) => {
    const fake = await openMachine();
    await using vm = fake.vm;
    const forever = Promise.withResolvers<void>();
    const started = Promise.withResolvers<void>();
    const never = custom('never', () => {
      started.resolve();
      return forever.promise;
    });
    const waiting = vm.waitFor(any(never, console('never')), HOUR);
    waiting.catch(() => undefined);
    await started.promise;
    fake.power.enter(state);
    const error = await waiting.catch((e: unknown) => e);
    expect(error).toMatchObject({ code: 'device', operation: 'waitFor' });
    expect(String(error)).toContain('waiting: never');
  });

  test.each(['panicked', 'off'] as const)(
    'text that came before a machine got %s has come',
    async (state) => {
      const fake = await openMachine();
      await using vm = fake.vm;
      const opening = fake.console.stall('connect');
      const waiting = vm.waitFor(any(ssh({ privateKey: otherKey }), console(/last (\w+)/)), HOUR);
      await opening.reached;
      fake.console.print('the last words');
      fake.power.enter(state);
      const found = await waiting;
      expect(found?.match?.[1]).toBe('words');
    },
  );

  test('a fault of the machine, in its own words', async () => {
    const fake = await openMachine();
    await using vm = fake.vm;
    const never = custom('never', () => new Promise<void>(() => undefined));
    const first = fake.ssh.stall('connect');
    const waiting = vm.waitFor(all(never, ssh()), HOUR);
    waiting.catch(() => undefined);
    await first.reached;
    fake.machine.device.raise(FAULT);
    const error = await waiting.catch((e: unknown) => e);
    expect(error).toBeInstanceOf(DeviceError);
    expect(error).toMatchObject(FAULT.failure);
    expect(String(error)).toMatch(
      /^DeviceError: waitFor: (?:ssh: ssh.connect: )?the guest's kernel hit a bug/,
    );
    expect(String(error)).toMatch(/waiting: never/);
    await expect(vm.waitFor(never, HOUR)).rejects.toMatchObject(FAULT.failure);
  });

  test('a fault that is none for who waits for it', async () => {
    const fake = await openMachine();
    await using vm = fake.vm;
    fake.machine.device.raise(FAULT);
    fake.power.enter('panicked');
    const waiting = vm.waitFor(all(console('a bug'), ssh()), { ...HOUR, faults: 'ignore' });
    fake.console.print('it is a bug');
    await waiting;
  });

  test('an ssh server, where the session has ended', async () => {
    const fake = await openMachine();
    fake.ssh.fail('connect', refused());
    const first = fake.ssh.stall('connect');
    const connecting = fake.vm.ssh.connect(HOUR);
    connecting.catch(() => undefined);
    await first.reached;
    await fake.vm[Symbol.asyncDispose]();
    await expect(connecting).rejects.toMatchObject({ code: 'unreachable' });
  });

  test('a session that ends', async () => {
    const { vm } = await openMachine();
    const waiting = vm.waitFor(all(console('never'), ssh({ username: 'x', password: 'y' })), HOUR);
    waiting.catch(() => undefined);
    await vm[Symbol.asyncDispose]();
    await expect(waiting).rejects.toMatchObject({ code: 'unreachable' });
  });
});

describe('what the device lacks', () => {
  test('does not compile, and is an error before anything waits', async () => {
    await using board = await serve(group({ power: fakePower(), serial: fakeSerial() }));
    let waited = false;
    const noted = custom('noted', async () => {
      waited = true;
    });
    // @ts-expect-error: the board has no ssh server
    const wait = board.waitFor(all(noted, ssh()), HOUR);
    await expect(wait).rejects.toMatchObject({ code: 'unsupported', available: ['power', 'serial'] });
    expect(waited).toBe(false);
    // @ts-expect-error: nor a console of this name
    await expect(board.waitFor(console('x'))).rejects.toThrow(
      'the device has no console; its parts are: power, serial',
    );
  });

  test('a console that is not recorded has one reader, and is not taken from it', async () => {
    await using board = await serve(group({ console: fakeSerial() }));
    // @ts-expect-error: a serial port
    const wait = board.waitFor(console('x'), HOUR);
    await expect(wait).rejects.toMatchObject({ code: 'unsupported', capability: 'console.status' });
  });

  test('in a rig that names less than there is', async () => {
    await using vm = (await openMachine()).vm;
    await using less = await connect(sessionOf(vm).target, defineRig(Machine, { power: VirtualPower }));
    // @ts-expect-error: the rig has no ssh server
    await expect(less.waitFor(ssh(), HOUR)).rejects.toMatchObject({ code: 'unsupported' });
  });
});

test('a device whose state nobody knows is waited for, too', async () => {
  const server = fakeSsh();
  await using board = await serve(group({ power: fakePower(), inner: group({ ssh: server }) }));
  await board.inner.waitFor(ssh(), HOUR);
  expectTypeOf<Parameters<typeof board.inner.waitFor>['length']>().toEqualTypeOf<1 | 2>();
  expectTypeOf(board.power).not.toHaveProperty('waitFor');
});

test('waits are typed by what they need', () => {
  const both = all(
    ssh(),
    custom('power', async (_: { power: VirtualPowerHandle }) => 5),
  );
  type Needs = typeof both extends Wait<infer Device> ? Device : never;
  expectTypeOf<Needs>().toExtend<{ ssh: SshHandle; power: VirtualPowerHandle }>();
});
