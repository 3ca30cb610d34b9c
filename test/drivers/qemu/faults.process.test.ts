/** What goes wrong with a machine, as those learn it who wait for it: by typed handles, over the wire. */
import { mkdtempDisposable, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { execa } from 'execa';
import { describe, expect, test } from 'vitest';
import type { Tty } from '../../../src/index.ts';
import { KEYS } from '../../fixtures/boot-sector.ts';
import { openSshHost } from '../../fixtures/ssh-host.ts';
import { untilPrinted } from '../../support/demo.ts';
import { failureOf } from '../../support/failure.ts';
import { listenTo } from '../../support/machine-events.ts';
import { canMount, openSmallDisk } from '../../support/small-disk.ts';
import { type ServedMachine, serveTestMachine } from './served-machine.ts';
import { caller, fakeQemu, type Program, readUntil, realQemu, realQemuOn } from './test-machine.ts';

/** Longer than any test may take: what ends before it has not been ended by it. */
const NEVER = { timeout: '10h' } as const;
const NEVER_COMES = 'what never comes';

/** A machine that is on, and a console of it on which its guest is ready. */
async function start(
  program: Program,
  options: Parameters<typeof serveTestMachine>[1] = {},
): Promise<ServedMachine & { readonly tty: Tty }> {
  const served = await serveTestMachine(program, options);
  await served.vm.power.on();
  const tty = await served.vm.console.open();
  await tty.expect('ready\r\n', NEVER);
  return Object.assign(served, { tty });
}

/** The guest prints what is typed. */
const print = (tty: Tty, text: string) => tty.write(text);

const OOPS =
  '[   12.000000] BUG: kernel NULL pointer dereference, address: 0\r\n[   12.100000] ---[ end trace 0000000000000000 ]---\r\n';
const PANIC =
  '[   13.000000] Kernel panic - not syncing: Attempted to kill init!\r\n[   13.100000] ---[ end Kernel panic - not syncing: Attempted to kill init! ]---\r\n';

describe.for([fakeQemu(), realQemu])('$name', (program) => {
  test('is killed: every wait ends at once with one error, and so does every later one', async () => {
    await using served = await start(program);
    const { vm, it, tty } = served;
    await using second = await vm.console.open({ from: 'now' });
    const events = await listenTo(vm);
    const waits = {
      'console.expect': tty.expect(NEVER_COMES, NEVER),
      'console.login': second.login({ username: 'root', password: 'secret' }, NEVER),
      'ssh.connect': vm.ssh.connect(NEVER),
    };
    const outcomes = Object.values(waits).map(failureOf);
    const { pid } = it.machine.session('test');
    process.kill(pid, 'SIGKILL');
    const fact = {
      ...{ code: 'device', fault: 'device', event: 'EXIT', detectedBy: 'process' },
      ...{ exitCode: null, signal: 'SIGKILL', stderr: '', command: `sh ${join(it.folder, 'qemu.sh')}` },
      since: expect.stringMatching(/^\d{4}-\d\d-\d\dT[\d:.]+Z$/),
      tail: expect.stringContaining('ready'),
    };
    const errors = await Promise.all(outcomes);
    for (const [index, operation] of Object.keys(waits).entries())
      expect(errors[index]).toMatchObject({ ...fact, operation });
    expect(String(errors[0])).toMatch(
      /^DeviceError: console\.expect: QEMU was ended by SIGKILL while the machine was on; detected by process, since \S+; still waiting for "what never comes"\nlast on the console:\n {2}\| ready[\s\S]*\nto start it by hand: sh \/\S+qemu\.sh$/,
    );
    expect(await readFile(join(it.folder, 'qemu.sh'), 'utf8')).toContain('#!/bin/sh');
    await events.next('EXIT');
    await using late = await vm.console.open();
    expect(await failureOf(late.expect(NEVER_COMES, NEVER))).toMatchObject(fact);
    expect(await failureOf(vm.ssh.connect(NEVER))).toMatchObject(fact);
    expect(await vm.power.state()).toBe('off');

    await vm.power.on();
    await using again = await vm.console.open();
    await again.expect('ready', NEVER);
    expect(await vm.power.state()).toBe('running');
  });

  test('is killed while it is being switched off: that ends with the same error', async () => {
    await using served = await start(program);
    const { vm, it } = served;
    const { pid } = it.machine.session('test');
    // It hears no power button any more.
    process.kill(pid, 'SIGSTOP');
    const off = failureOf(vm.power.off({ deadline: '10h' }));
    process.kill(pid, 'SIGKILL');
    expect(await off).toMatchObject({ code: 'device', event: 'EXIT', signal: 'SIGKILL' });
  });

  test('ends with a word: its stderr and its exit code are in the error', async () => {
    await using served = await start(program);
    const { it, tty } = served;
    const error = failureOf(tty.expect(NEVER_COMES, NEVER));
    process.kill(it.machine.session('test').pid, 'SIGTERM');
    expect(await error).toMatchObject({
      ...{ event: 'EXIT', exitCode: 0, signal: null },
      stderr: expect.stringContaining('terminating on signal 15'),
      message: expect.stringContaining('QEMU said: '),
    });
  });

  test('panics and says so: what came before is found first, then every wait ends; a reset helps', async () => {
    await using served = await start(program);
    const { vm, tty } = served;
    await using second = await vm.console.open({ from: 'now' });
    await using stock = await vm.console.stream({ from: 'now' });
    const stream = failureOf(readUntil(stock, NEVER_COMES));
    const connecting = failureOf(vm.ssh.connect(NEVER));
    const waiting = failureOf(second.expect(NEVER_COMES, NEVER));
    const found = tty.expect({ panic: /pan(ic)\r\n/, never: NEVER_COMES }, NEVER);
    await tty.write(KEYS.panic);
    expect((await found).name).toBe('panic');
    const fact = { code: 'device', event: 'GUEST_PANICKED', detectedBy: 'pvpanic' };
    expect(await waiting).toMatchObject({ ...fact, tail: expect.stringContaining('panic') });
    expect(await connecting).toMatchObject({ ...fact, operation: 'ssh.connect' });
    expect(await stream).toMatchObject(fact);
    expect(await failureOf(tty.expect(NEVER_COMES, NEVER))).toMatchObject(fact);
    expect(await failureOf(tty.read(NEVER))).toMatchObject(fact);
    expect(await vm.power.state()).toBe('panicked');

    await vm.power.reset();
    await tty.expect('ready', NEVER);
    expect(await vm.power.state()).toBe('running');
  });

  test('panics while it is being switched off: that is told, and the machine is kept', async () => {
    await using served = await start(program);
    const { vm, it, tty } = served;
    const events = await listenTo(vm);
    await tty.write(KEYS.panic);
    await events.next('GUEST_PANICKED');
    expect(await vm.power.off()).toBe('forced');
    await vm.power.on();
    // Paused, it does not hear its power button before it goes on.
    expect(await it.machine.state()).toBe('running');
  });

  test('panics on its console alone', async () => {
    await using served = await start(program);
    const { vm, tty } = served;
    await using stock = await vm.console.stream({ from: 'now' });
    const stream = readUntil(stock, 'still there');
    const connecting = failureOf(vm.ssh.connect(NEVER));
    const waiting = failureOf(tty.expect(NEVER_COMES, NEVER));
    await print(tty, PANIC);
    const fact = {
      ...{ code: 'device', event: 'GUEST_PANICKED', detectedBy: 'console' },
      tail: expect.stringContaining('end Kernel panic'),
      message: expect.stringContaining('Kernel panic - not syncing: Attempted to kill init!'),
    };
    expect(await waiting).toMatchObject(fact);
    expect(await connecting).toMatchObject(fact);
    expect(await failureOf(tty.expect(NEVER_COMES, NEVER))).toMatchObject(fact);
    expect(await vm.power.state()).toBe('panicked');
    // What is only read from the console ends nobody's stream.
    await print(tty, 'still there');
    await stream;
    await vm.power.reset();
    await tty.expect('ready', NEVER);
  });

  test('goes on after an oops: only the waits of that moment end', async () => {
    await using served = await start(program);
    const { vm, tty } = served;
    await using second = await vm.console.open({ from: 'now' });
    await using third = await vm.console.open({ from: 'now', faults: 'ignore' });
    await using fourth = await vm.console.open({ from: 'now' });
    await using stock = await vm.console.stream({ from: 'now' });
    const events = await listenTo(vm);
    const connecting = failureOf(vm.ssh.connect(NEVER));
    const waiting = failureOf(second.expect(NEVER_COMES, NEVER));
    const ignoring = third.expect('after it', NEVER);
    const looking = fourth.expect(/BUG: .*\r\n/, NEVER);
    const stream = readUntil(stock, 'after it');
    await print(tty, OOPS);
    const fact = {
      ...{ code: 'device', event: 'GUEST_OOPS', detectedBy: 'console' },
      message: expect.stringContaining('BUG: kernel NULL pointer dereference, address: 0'),
      tail: expect.stringContaining('end trace'),
    };
    expect(await waiting).toMatchObject(fact);
    expect(await connecting).toMatchObject(fact);
    expect((await looking).text).toContain('address: 0');
    expect((await events.next('GUEST_OOPS')).data).toMatchObject({ detectedBy: 'console' });
    expect(await vm.power.state()).toBe('running');
    const later = second.expect('after it', NEVER);
    await print(tty, 'after it');
    await Promise.all([later, ignoring, stream]);
  });

  test.for([
    ['OUT_OF_MEMORY', '[   12.000000] Out of memory: Killed process 99 (tail) total-vm:1kB\r\n', 'running'],
    ['EMERGENCY_MODE', 'You are in emergency mode. After logging in\r\n', 'stuck'],
    ['NOTHING_TO_BOOT', 'No bootable device.\r\n', 'stuck'],
    ['FIRMWARE_SHELL', 'Shell> ', 'stuck'],
  ] as const)('shows %s', async ([event, text, state]) => {
    await using served = await start(program);
    const { vm, tty } = served;
    const connecting = failureOf(vm.ssh.connect(NEVER));
    const waiting = failureOf(tty.login({ username: 'root', password: 'x' }, { ...NEVER, nudge: false }));
    await print(tty, text);
    const fact = { code: 'device', event, detectedBy: 'console' };
    expect(await waiting).toMatchObject({ ...fact, operation: 'console.login' });
    expect(await connecting).toMatchObject(fact);
    expect(await vm.power.state()).toBe(state);
    const next = tty.expect('and goes on', NEVER);
    if (state === 'stuck') {
      expect(await failureOf(next)).toMatchObject(fact);
      await print(tty, 'but listens');
      await tty.expect('but listens', { ...NEVER, faults: 'ignore' });
      // A graceful off does not wait for what cannot hear its power button.
      expect(await vm.power.off({ deadline: '10h' })).toBe('forced');
    } else {
      await print(tty, 'and goes on');
      await next;
    }
  });

  test('shows what its user tolerates', async () => {
    await using served = await start(program, { tolerate: ['FIRMWARE_SHELL'] });
    const { vm, tty } = served;
    const waiting = tty.expect('ls\r\n', NEVER);
    await print(tty, '\r\nShell> ls\r\n');
    await waiting;
    expect(await vm.power.state()).toBe('running');
  });

  test('starts another kernel after the firmware had given up', async () => {
    await using served = await start(program);
    const { vm, tty } = served;
    await print(tty, '\r\nShell> ');
    expect(await failureOf(tty.expect(NEVER_COMES, NEVER))).toMatchObject({ event: 'FIRMWARE_SHELL' });
    await print(tty, 'boot\r\n[    0.000000] Linux version 6.1\r\n');
    await tty.expect('Linux version 6.1\r\n', { ...NEVER, faults: 'ignore' });
    await print(tty, 'login: ');
    await tty.expect('login: ', NEVER);
    expect(await vm.power.state()).toBe('running');
  });
});

test('the command line in an error starts the same machine by hand', async () => {
  await using served = await start(realQemu);
  const { it, tty } = served;
  const error = failureOf(tty.expect(NEVER_COMES, NEVER));
  process.kill(it.machine.session('test').pid, 'SIGKILL');
  const { command } = (await error) as { command: string }; // SAFE: what the error of a machine has
  const machine = execa('sh', ['-c', command], { reject: false, stdin: 'pipe' });
  await untilPrinted(machine.stdout, 'ready');
  machine.stdin.write(KEYS.off);
  expect(await machine).toMatchObject({ exitCode: 0 });
});

/** A host's file system of which a test says when it is full. */
interface Disk extends AsyncDisposable {
  readonly program: Program;
  fill(): Promise<unknown>;
  makeRoom(): Promise<void>;
}

async function fakeDisk(): Promise<Disk> {
  const folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-full-'));
  const full = join(folder.path, 'full');
  return {
    program: fakeQemu('--full', full),
    fill: () => writeFile(full, ''),
    makeRoom: () => rm(full),
    [Symbol.asyncDispose]: () => folder.remove(),
  };
}

async function smallDisk(): Promise<Disk> {
  const disk = await openSmallDisk(2 * 2 ** 20);
  const ballast = join(disk.path, 'ballast');
  return {
    program: realQemuOn(disk.path),
    fill: () => execa('dd', ['if=/dev/zero', `of=${ballast}`, 'bs=4k'], { reject: false }),
    makeRoom: () => rm(ballast),
    [Symbol.asyncDispose]: () => disk[Symbol.asyncDispose](),
  };
}

describe('the host has no room for what the guest writes', () => {
  test.for([
    ['the fake QEMU', fakeDisk],
    ['the real QEMU', smallDisk],
  ] as const)('%s: every wait ends, and goes on when there is room', async ([name, open], { skip }) => {
    if (name === 'the real QEMU' && !canMount) skip('only root can mount a small file system');
    await using disk = await open();
    await using served = await start(disk.program);
    const { vm, tty } = served;
    await disk.fill();
    await using stock = await vm.console.stream({ from: 'now' });
    const stream = failureOf(readUntil(stock, 'written'));
    const waiting = failureOf(tty.expect('written', NEVER));
    const connecting = failureOf(vm.ssh.connect(NEVER));
    await tty.write(KEYS.write);
    const fact = {
      ...{ code: 'device', event: 'BLOCK_IO_ERROR', detectedBy: 'qmp' },
      message: expect.stringMatching(
        /could not write the disk \S+ \(No space left on device\).*power\.resume/,
      ),
    };
    expect(await waiting).toMatchObject(fact);
    expect(await connecting).toMatchObject(fact);
    expect(await stream).toMatchObject(fact);
    expect(await failureOf(tty.expect('written', NEVER))).toMatchObject(fact);
    expect(await vm.power.state()).toBe('io-error');

    await disk.makeRoom();
    await vm.power.resume();
    await tty.expect('written', NEVER);
    expect(await vm.power.state()).toBe('running');
  });
});

test('an accelerator that gives up ends every wait', async () => {
  await using served = await start(fakeQemu('--broken'));
  const { vm, tty } = served;
  const waiting = failureOf(tty.expect(NEVER_COMES, NEVER));
  await tty.write(KEYS.panic);
  expect(await waiting).toMatchObject({
    ...{ event: 'INTERNAL_ERROR', detectedBy: 'qmp' },
    stderr: expect.stringContaining('KVM internal error'),
  });
  expect(await vm.power.state()).toBe('panicked');
});

test.for(['cont', 'human-monitor-command'])(
  'a QEMU that is killed while power.on waits for its answer to %s ends that at once',
  async (command) => {
    await using served = await serveTestMachine(fakeQemu('--hang', command));
    const { vm } = served;
    const events = await listenTo(vm);
    const on = failureOf(vm.power.on(NEVER));
    const { data } = await events.next('POWER_ON');
    process.kill(Number(data['pid']), 'SIGKILL');
    expect(await on).toMatchObject({ code: 'device', event: 'EXIT', signal: 'SIGKILL' });
    expect(await vm.power.state()).toBe('off');
  },
);

test('a graceful off that waits for a deaf guest ends with what happens to that', async () => {
  await using served = await start(fakeQemu('--deaf'), { patience: '50ms' });
  const { vm, tty } = served;
  const events = await listenTo(vm);
  const off = failureOf(vm.power.off({ deadline: '10h' }));
  await events.next('POWERDOWN');
  await print(tty, OOPS);
  await events.next('GUEST_OOPS');
  await print(tty, PANIC);
  expect(await off).toMatchObject({ event: 'GUEST_PANICKED', operation: 'power.off' });
  expect(await vm.power.state()).toBe('panicked');
});

test('a command by ssh ends with the machine, and with what its guest reports', async () => {
  await using host = await openSshHost();
  const program = fakeQemu('--ssh-port', String(host.port));
  await using served = await start(program, { identity: host.identity });
  const { vm, it, tty } = served;
  await using ssh = await vm.ssh.connect(NEVER);
  const during = failureOf(ssh.run('exec sleep 1000', NEVER));
  await ssh.run('true', NEVER); // The command before it is under way.
  await print(tty, OOPS);
  expect(await during).toMatchObject({ event: 'GUEST_OOPS', operation: 'ssh.run' });
  expect((await ssh.run('echo on', NEVER)).stdout).toBe('on\n');
  const ignoring = failureOf(ssh.run('exec sleep 1000', { ...NEVER, faults: 'ignore' }));
  const spawned = await ssh.spawn('exec sleep 1000');
  await ssh.run('true', NEVER);
  process.kill(it.machine.session('test').pid, 'SIGKILL');
  const fact = { code: 'device', event: 'EXIT', signal: 'SIGKILL' };
  expect(await ignoring).toMatchObject(fact);
  expect(await failureOf(spawned.exited)).toMatchObject(fact);
  expect(await failureOf(ssh.run('true', NEVER))).toMatchObject(fact);
});

test('a secret that was echoed is in no error of the machine', async () => {
  await using served = await start(fakeQemu());
  const { tty } = served;
  const login = failureOf(
    tty.login({ username: 'root', password: 'a long secret' }, { ...NEVER, nudge: false }),
  );
  await print(tty, `a long secret\r\n${PANIC}`);
  const error = await login;
  expect(error).toMatchObject({ event: 'GUEST_PANICKED' });
  expect(JSON.stringify(error) + String(error)).not.toContain('a long secret');
});

test('what the machine reports is told as it comes, beginning with how things are', async () => {
  await using served = await start(fakeQemu());
  const { vm, tty, it } = served;
  await using _second = await vm.console.open();
  const faults = vm.faults()[Symbol.asyncIterator]();
  expect((await faults.next()).value).toEqual({ fault: null });
  await print(tty, `${OOPS}\r\nShell> `);
  expect((await faults.next()).value).toMatchObject({
    fault: { lasts: false, failure: { event: 'GUEST_OOPS' } },
  });
  const shell = { fault: { lasts: true, failure: { event: 'FIRMWARE_SHELL' } } };
  expect((await faults.next()).value).toMatchObject(shell);
  for await (const news of vm.faults()) {
    expect(news).toMatchObject(shell);
    break;
  }
  await vm.power.reset();
  expect((await faults.next()).value).toEqual({ fault: null });
  await it.machine.off(undefined, caller());
  expect(await it.timeline()).toEqual(expect.arrayContaining(['GUEST_OOPS', 'FIRMWARE_SHELL', 'RESET']));
});
