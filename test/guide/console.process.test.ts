import { serve } from 'jumplead';
import { group } from 'jumplead/driver';
import { fakePower } from 'jumplead/fake';
import { expect, test } from 'vitest';
import { ACCOUNT, systemOnTty } from '../fixtures/system-on-tty.ts';

test('the guide to the console', async () => {
  await using tree = await serve(group({ power: fakePower(), console: systemOnTty() }));
  const vm = Object.assign(tree, { credentials: ACCOUNT });
  // #region expect
  await vm.power.on();
  await using tty = await vm.console.open();
  const found = await tty.expect(
    { login: 'login: ', panic: /Kernel panic - not syncing: (.*)\r\n/ },
    { timeout: '5m' },
  );
  if (found.name === 'panic') throw new Error(`it does not boot: ${found.match?.[1]}`);
  // #endregion
  // #region run
  await tty.login(vm.credentials);
  await tty.run('cd /etc; export LANG=C');
  const { stdout } = await tty.run('ls hosts');
  const { exitCode } = await tty.run(['grep', '-q', "it's not there", 'hosts'], { reject: false });
  // #endregion
  expect([stdout, exitCode]).toEqual(['hosts\n', 1]);
});
