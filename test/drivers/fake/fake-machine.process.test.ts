import { expect, it } from 'vitest';
import { fakeMachine } from '../../../src/drivers/fake/index.ts';
import { serve } from '../../../src/index.ts';

it('is served and used as a real machine', async () => {
  const machine = fakeMachine({ hostname: 'board', username: 'root', password: 'secret' });
  await using vm = await serve(machine);
  expect(vm.credentials).toEqual({ username: 'root', password: 'secret' });
  await vm.flasher.flash(Buffer.from('an image'));
  await vm.power.on();
  await using tty = await vm.console.open({ from: 'boot' });
  await tty.expect('board login: ', { timeout: '10s' });
  await using ssh = await vm.ssh.connect({ timeout: '10s' });
  expect((await ssh.run(['uname', '-r'])).stdout.trim()).toBe('6.1.0-fake');
  expect((await vm.display.screenshot()).subarray(1, 4).toString()).toBe('PNG');
  await expect(vm.flasher.flash(Buffer.from('another'))).rejects.toMatchObject({
    code: 'state',
    state: 'running',
  });
  expect(await vm.power.off()).toBe('graceful');
  expect(machine.children.flasher.device.images.get('root')?.bytes).toBe(8);
});

it('loses all its parts at once, and says so across the wire', async () => {
  // #region unplug
  const machine = fakeMachine();
  await using vm = await serve(machine);
  await vm.power.on();
  machine.device.unplug();
  await expect(vm.power.state()).rejects.toThrow('the device is gone');
  // #endregion
  const gone = { code: 'device', event: 'unplugged' };
  await expect(vm.power.off()).rejects.toMatchObject({ ...gone, operation: 'power.off' });
  await expect(vm.console.stream()).rejects.toMatchObject(gone);
  machine.device.plug();
  await using console = await vm.console.stream({ from: 'now' });
  const end = Array.fromAsync(console);
  machine.device.unplug();
  await expect(end).rejects.toMatchObject(gone);
});

it('tells its events', async () => {
  const machine = fakeMachine();
  await using vm = await serve(machine);
  const events = vm.events()[Symbol.asyncIterator]();
  const first = events.next();
  await vm.describe();
  machine.children.power.device.enter('panicked');
  expect((await first).value).toMatchObject({ event: 'GUEST_PANICKED' });
});
