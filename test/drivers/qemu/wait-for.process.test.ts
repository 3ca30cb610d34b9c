/** What ends a wait of many parts when its machine fails, by typed handles, over the wire. */
import { all, any, console, custom, http } from 'jumplead/wait';
import { describe, expect, test } from 'vitest';
import { serveTestMachine } from './served-machine.ts';
import { fakeQemu, realQemu } from './test-machine.ts';

const NEVER = { timeout: '10h' } as const;
const EXIT = { code: 'device', event: 'EXIT', detectedBy: 'process', signal: 'SIGKILL' };

describe.for([fakeQemu(), realQemu])('$name', (program) => {
  test('is killed while only a web server is awaited, which nobody will start', async () => {
    await using served = await serveTestMachine(program);
    const { vm, it } = served;
    await vm.power.on();
    await vm.waitFor(console('ready\r\n'), NEVER);
    const begun = Promise.withResolvers<void>();
    const never = custom('never', async () => {
      begun.resolve();
      await new Promise(() => undefined);
    });
    const waiting = vm.waitFor(all(console('ready'), http(8080, '/health'), never), NEVER);
    waiting.catch(() => undefined);
    await begun.promise;
    process.kill(it.machine.session('test').pid, 'SIGKILL');
    const error = await waiting.catch((e: unknown) => e);
    expect(error).toMatchObject(EXIT);
    expect(String(error)).toMatch(/^DeviceError: waitFor: .*QEMU was ended by SIGKILL/);
    expect(String(error)).toContain('waiting: http :8080/health');
    // Whoever comes later learns the same.
    await expect(vm.waitFor(http(8080), NEVER)).rejects.toMatchObject(EXIT);
  });

  test('is killed: who ignores faults is told how it ended all the same', async () => {
    await using served = await serveTestMachine(program);
    const { vm, it } = served;
    await vm.power.on();
    const killing = custom('end', async () => {
      process.kill(it.machine.session('test').pid, 'SIGKILL');
      await new Promise<never>(() => undefined);
    });
    await expect(vm.waitFor(killing, { ...NEVER, faults: 'ignore' })).rejects.toMatchObject(EXIT);
  });

  test('is killed: what its console had shown before has come', async () => {
    await using served = await serveTestMachine(program);
    const { vm, it } = served;
    await vm.power.on();
    await vm.waitFor(console('ready\r\n'), NEVER);
    const killing = custom('end', async () => {
      process.kill(it.machine.session('test').pid, 'SIGKILL');
      await new Promise<never>(() => undefined);
    });
    const shown = await vm.waitFor(any(killing, console('ready')), NEVER);
    expect(shown).toMatchObject({ text: 'ready' });
  });
});
