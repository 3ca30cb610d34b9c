import { expect } from 'vitest';
import { test } from './machine.ts';

test('breaks its machine on purpose', async ({ vm }) => {
  await using tty = await vm.console.open({ from: 'now' });
  await tty.run('rm -rf /etc');
  expect((await tty.run('ls /etc', { reject: false })).exitCode).toBe(1);
});
