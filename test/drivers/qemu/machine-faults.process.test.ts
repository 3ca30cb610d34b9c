import { describe, expect, test } from 'vitest';
import { parseDuration, StateError } from '../../../src/core/index.ts';
import { HASTE } from '../../../src/drivers/qemu/machine/patience.ts';
import { caller, fakeQemu, openTestMachine, readAll, readUntil, realQemu, type } from './test-machine.ts';

describe('a QEMU that does not come up', () => {
  test('ends at once: the error has its command line, exit code and complaint', async () => {
    await using it = await openTestMachine(fakeQemu('--exit', '1'));
    const error = await it.machine.on(caller()).catch((reason) => reason);
    expect(error).toMatchObject({
      code: 'launch',
      fault: 'lab',
      exitCode: 1,
      signal: null,
      command: expect.stringContaining('fake-qemu.ts'),
      stderr: expect.stringContaining('no such device'),
    });
    expect(error.message).toBe(
      'QEMU exited with 1 before it was under control\nqemu: -device nonsense: there is no such device',
    );
    expect(await it.machine.state()).toBe('off');
  });

  test('is not installed', async () => {
    const program = { name: 'nothing', command: async () => ['/nonexistent/qemu-system-x86_64', '-S'] };
    await using it = await openTestMachine(program);
    await expect(it.machine.on(caller())).rejects.toMatchObject({
      code: 'launch',
      message: expect.stringContaining('cannot start /nonexistent/qemu-system-x86_64'),
    });
    expect(await it.machine.state()).toBe('off');
  });

  test('speaks no QMP', async () => {
    await using it = await openTestMachine(fakeQemu('--babble'));
    await expect(it.machine.on(caller())).rejects.toMatchObject({
      code: 'protocol',
      answer: expect.stringContaining('ESMTP'),
    });
    expect(await it.machine.state()).toBe('off');
  });

  test('answers what nobody asked', async () => {
    await using it = await openTestMachine(fakeQemu('--stray'));
    await expect(it.machine.on(caller())).rejects.toMatchObject({ code: 'protocol' });
  });

  test('is silent: whoever waits may give up, and nothing is left', async () => {
    await using it = await openTestMachine(fakeQemu('--silent'));
    const impatient = caller();
    const on = it.machine.on(impatient);
    const reason = new Error('enough');
    impatient.abort(reason);
    await expect(on).rejects.toBe(reason);
    expect(await it.machine.state()).toBe('off');
  });

  test('dies when its CPUs are to run', async () => {
    await using it = await openTestMachine(fakeQemu('--die', '3'));
    const events = it.machine.events(new AbortController().signal);
    // It may have answered just before.
    await it.machine
      .on(caller())
      .catch((error) => expect(error).toMatchObject({ code: 'device', event: 'EXIT' }));
    for await (const { event, data } of events) {
      if (event !== 'EXIT') continue;
      expect(data).toEqual({ code: 3, signal: null });
      break;
    }
    expect(await it.machine.state()).toBe('off');
  });
});

describe('one change of state at a time', () => {
  test('another caller is told who is at it; a forced off ends that call', async () => {
    await using it = await openTestMachine(fakeQemu('--hang', 'cont'));
    const on = it.machine.on(caller('connection 1'));
    await expect(it.machine.on(caller('connection 2'))).rejects.toMatchObject({
      code: 'busy',
      holder: 'connection 1',
      since: expect.stringMatching(/^\d{4}-/),
    });
    await expect(it.machine.off({ mode: 'graceful' }, caller())).rejects.toMatchObject({ code: 'busy' });
    const off = it.machine.off({ mode: 'forced' }, caller('connection 2'));
    await expect(on).rejects.toBeInstanceOf(StateError);
    expect(['already', 'forced']).toContain(await off);
    expect(await it.machine.state()).toBe('off');
  });

  test('a graceful off that waits for a deaf guest is ended by a forced one', async () => {
    await using it = await openTestMachine(fakeQemu('--deaf'), { patience: '50ms' });
    await it.machine.on(caller());
    const graceful = it.machine.off({ mode: 'graceful' }, caller());
    const forced = it.machine.off({ mode: 'forced' }, caller());
    await expect(graceful).rejects.toMatchObject({ code: 'state' });
    expect(await forced).toBe('forced');
  });

  test('closing ends what is going on', async () => {
    const it = await openTestMachine(fakeQemu('--hang', 'cont'));
    const on = it.machine.on(caller());
    const refused = expect(on).rejects.toMatchObject({ code: 'state' });
    await it[Symbol.asyncDispose]();
    await refused;
  });

  test('closing a deaf QEMU: it is asked, told, and killed, without the patience of whoever is switching it off', async () => {
    const it = await openTestMachine(fakeQemu('--deaf'), { patience: '1h' });
    await using console = it.open('next');
    await it.machine.on(caller());
    await readUntil(console, 'ready');
    const events = it.machine.events(new AbortController().signal);
    const off = it.machine.off({ mode: 'forced' }, caller());
    const said = readAll(console);
    await it.machine[Symbol.asyncDispose]();
    expect(await off).toBe('forced');
    const exits = (await Array.fromAsync(events)).filter(({ event }) => event === 'EXIT');
    expect(exits).toMatchObject([{ data: { code: null, signal: 'SIGKILL' } }]);
    const deaf = (await said).match(/(?<=deaf to )\S+/g) ?? [];
    expect([...new Set(deaf)]).toEqual(['quit', 'SIGTERM']);
    await it[Symbol.asyncDispose]();
    // The steps of asking and telling; what is killed is gone at once.
    expect(2 * parseDuration(HASTE)).toBeLessThanOrEqual(1_000);
  });

  test('what needs it off is refused while it is on', async () => {
    await using it = await openTestMachine(fakeQemu());
    await it.machine.on(caller());
    const work = it.machine.whileOff('flasher.flash', caller(), async () => 'done');
    await expect(work).rejects.toMatchObject({ code: 'state', state: 'running', needed: 'off' });
    await it.machine.off(undefined, caller());
    expect(await it.machine.whileOff('flasher.flash', caller(), async () => 'done')).toBe('done');
  });
});

test.each([60_000 * 4.1, '30d', '9000d'] as const)(
  'a guest that may take %s to shut down is waited for',
  async (shutdownDeadline) => {
    await using it = await openTestMachine(fakeQemu(), { shutdownDeadline });
    await it.machine.on(caller());
    expect(await it.machine.off({ mode: 'graceful' }, caller())).toBe('graceful');
  },
);

test('a QEMU that ignores power button, quit and SIGTERM is killed, and the answer says so', async () => {
  await using it = await openTestMachine(fakeQemu('--deaf'), { patience: '50ms' });
  await it.machine.on(caller());
  expect(await it.machine.off({ mode: 'graceful', deadline: '50ms' }, caller())).toBe('forced');
  expect(await it.machine.state()).toBe('off');
});

test.for([fakeQemu('--deaf'), realQemu])(
  '$name that stops answering is still switched off',
  async (program) => {
    await using it = await openTestMachine(program, { patience: '50ms' });
    await it.machine.on(caller());
    const { pid } = it.machine.session('test');
    process.kill(pid, 'SIGSTOP');
    expect(await it.machine.off(undefined, caller())).toBe('forced');
    expect(() => process.kill(pid, 0)).toThrow();
  },
);

test('a console that is open before the power-on reads from its first byte, and a new one after the next', async () => {
  await using it = await openTestMachine(fakeQemu());
  await using early = it.open();
  const heard = readUntil(early, 'ready');
  await it.machine.on(caller());
  await heard;
  await type(early, 'abc');
  await readUntil(early, 'abc');
  await it.machine.off(undefined, caller());
  await expect(type(early, 'x')).rejects.toMatchObject({ code: 'state', state: 'off' });
  await it.machine.on(caller());
  await using later = it.open();
  expect(await readUntil(later, 'ready')).not.toContain('abc');
});
