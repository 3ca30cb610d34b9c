import { expect, test } from 'vitest';
import { serveTestMachine } from '../drivers/qemu/served-machine.ts';
import { fakeQemu } from '../drivers/qemu/test-machine.ts';
import { KEYS } from '../fixtures/boot-sector.ts';

test('the examples of docs/guide/failures.md', async () => {
  await using served = await serveTestMachine(fakeQemu());
  const { vm } = served;
  await vm.power.on();
  await using tty = await vm.console.open();
  await tty.expect('ready');
  await tty.write('[    1.000000] Kernel panic - not syncing: Attempted to kill init!\r\n');
  // #region panic
  const { text } = await tty.expect(/Kernel panic - not syncing: .*\r\n/);
  // #endregion
  expect(text).toContain('kill init');
  await tty.close();
  await vm.power.reset();
  // #region ignore
  await using shell = await vm.console.open({ from: 'now', faults: 'ignore' });
  await shell.sendLine('map -r');
  await shell.expect('map -r');
  // #endregion
  await shell.write(KEYS.off);
});
