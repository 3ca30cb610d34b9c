import { expect } from 'vitest';
import { test } from './machine.ts';

// #region test
test('needs its machine whole', async ({ vm }) => {
  await using tty = await vm.console.open({ from: 'now' });
  expect((await tty.run('cat /etc/passwd')).stdout).toContain('root:x:0:0');
});
// #endregion
