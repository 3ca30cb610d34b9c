import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { z } from 'zod';
import { KEYS } from '../../fixtures/boot-sector.ts';
import { caller, fakeQemu, openTestMachine, readAll, readUntil, realQemu, type } from './test-machine.ts';

/** The same of the fake and of the real one, so that the fake cannot drift. */
describe.for([fakeQemu(), realQemu])('a machine of $name', (program) => {
  test('is off, runs, is paused, runs again, and is off', async () => {
    await using it = await openTestMachine(program);
    const { machine } = it;
    expect(await machine.state()).toBe('off');
    await machine.on(caller());
    expect(await machine.state()).toBe('running');
    await machine.on(caller());
    await machine.pause(caller());
    expect(await machine.state()).toBe('paused');
    await machine.resume(caller());
    expect(await machine.state()).toBe('running');
    expect(await machine.off(undefined, caller())).toBe('forced');
    expect(await machine.state()).toBe('off');
    expect(await machine.off({ mode: 'graceful' }, caller())).toBe('already');
    expect(await it.timeline()).toEqual(
      expect.arrayContaining(['POWER_ON', 'STOP', 'RESUME', 'SHUTDOWN', 'EXIT']),
    );
  });

  test('has its console recorded from the first byte, though nobody looked', async () => {
    await using it = await openTestMachine(program);
    await it.machine.on(caller());
    await using first = it.open();
    await readUntil(first, 'ready\r\n');
    await using second = it.open('boot');
    await type(first, 'abc');
    expect(await readUntil(first, 'abc')).toContain('abc');
    expect(await readUntil(second, 'abc')).toContain('ready\r\nabc');
    await it.machine.off(undefined, caller());
    await using later = it.open('boot');
    expect(await readAll(later)).toContain('ready\r\nabc');
    expect(await readFile(join(it.folder, 'console.log'), 'latin1')).toContain('ready\r\nabc');
  });

  test('is switched off by its power button, and the console ends with its last words', async () => {
    await using it = await openTestMachine(program);
    await it.machine.on(caller());
    await using tty = it.open();
    await readUntil(tty, 'ready');
    const words = readAll(tty);
    expect(await it.machine.off({ mode: 'graceful' }, caller())).toBe('graceful');
    expect(await words).toContain('bye\r\n');
  });

  test('that is paused is switched off by its power button as well', async () => {
    await using it = await openTestMachine(program);
    await it.machine.on(caller());
    await using tty = it.open();
    await readUntil(tty, 'ready');
    await it.machine.pause(caller());
    expect(await it.machine.off({ mode: 'graceful' }, caller())).toBe('graceful');
  });

  test('switches itself off: it is off, without anybody being to blame', async () => {
    await using it = await openTestMachine(program);
    await it.machine.on(caller());
    await using tty = it.open();
    await readUntil(tty, 'ready');
    await type(tty, KEYS.off);
    await readAll(tty);
    expect(await it.machine.state()).toBe('off');
  });

  test('resets itself, and is reset', async () => {
    await using it = await openTestMachine(program);
    await it.machine.on(caller());
    await using tty = it.open();
    await readUntil(tty, 'ready');
    await type(tty, KEYS.reset);
    await readUntil(tty, 'ready');
    await it.machine.reset(caller());
    await readUntil(tty, 'ready');
    expect((await it.timeline()).filter((event) => event === 'RESET').length).toBeGreaterThanOrEqual(2);
  });

  test('panics: readers get its last words and then the reason; a reset helps', async () => {
    await using it = await openTestMachine(program);
    const { machine } = it;
    await machine.on(caller());
    await using tty = it.open();
    await readUntil(tty, 'ready');
    await type(tty, KEYS.panic);
    await expect(readUntil(tty, 'never')).rejects.toMatchObject({
      code: 'device',
      event: 'GUEST_PANICKED',
      tail: expect.stringContaining('panic'),
    });
    expect(await machine.state()).toBe('panicked');
    await expect(machine.resume(caller())).rejects.toMatchObject({ code: 'state', state: 'panicked' });
    await machine.reset(caller());
    await using again = it.open();
    expect(await readUntil(again, 'ready')).toContain('ready');
    expect(await machine.state()).toBe('running');
  });

  test('that has panicked is not waited for when it is switched off', async () => {
    await using it = await openTestMachine(program);
    await it.machine.on(caller());
    await using tty = it.open();
    await readUntil(tty, 'ready');
    await type(tty, KEYS.panic);
    await expect(readUntil(tty, 'never')).rejects.toMatchObject({ code: 'device' });
    expect(await it.machine.off({ mode: 'graceful' }, caller())).toBe('forced');
  });

  test('tells its events to whoever listens', async () => {
    await using it = await openTestMachine(program);
    const events = it.machine.events(new AbortController().signal);
    await it.machine.on(caller());
    await it.machine.off(undefined, caller());
    const names: string[] = [];
    for await (const { event } of events) {
      names.push(event);
      if (event === 'EXIT') break;
    }
    expect(names[0]).toBe('POWER_ON');
    expect(names).toEqual(expect.arrayContaining(['RESUME', 'SHUTDOWN']));
  });

  test('has its memory in the file it inherited, and its port where QEMU says', async () => {
    await using it = await openTestMachine(program);
    await it.machine.on(caller());
    const { qmp, forwards } = it.machine.session('test');
    const Size = z.object({ 'base-memory': z.number() });
    expect(await qmp.query('query-memory-size-summary', Size)).toEqual({ 'base-memory': 32 * 2 ** 20 });
    expect(forwards['ssh']).toEqual({ host: '127.0.0.1', hostPort: expect.any(Number), guestPort: 22 });
  });

  test('refuses a command that does not exist', async () => {
    await using it = await openTestMachine(program);
    await it.machine.on(caller());
    const { qmp } = it.machine.session('test');
    await expect(qmp.execute('make-coffee')).rejects.toMatchObject({
      code: 'unsupported',
      capability: 'make-coffee',
    });
  });

  test('is killed from outside: readers and states know at once, with evidence', async () => {
    await using it = await openTestMachine(program);
    await it.machine.on(caller());
    await using tty = it.open();
    await readUntil(tty, 'ready');
    const session = it.machine.session('test');
    process.kill(session.pid, 'SIGKILL');
    await expect(readUntil(tty, 'never')).rejects.toMatchObject({
      code: 'device',
      event: 'EXIT',
      message: expect.stringMatching(/ended by SIGKILL[\s\S]*ready/),
    });
    expect(await it.machine.state()).toBe('off');
    expect(session.broken.reason).toMatchObject({ code: 'device' });
    await it.machine.on(caller());
    expect(await it.machine.state()).toBe('running');
  });

  test('that was killed a moment ago is on after it was switched on', async () => {
    await using it = await openTestMachine(program);
    await it.machine.on(caller());
    process.kill(it.machine.session('test').pid, 'SIGKILL');
    await it.machine.on(caller());
    expect(await it.machine.state()).toBe('running');
  });

  test('leaves no process when it is closed', async () => {
    let pid: number;
    {
      await using it = await openTestMachine(program);
      await it.machine.on(caller());
      pid = it.machine.session('test').pid;
      expect(() => process.kill(pid, 0)).not.toThrow();
    }
    expect(() => process.kill(pid, 0)).toThrow();
  });
});
