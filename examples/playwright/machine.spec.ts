import { expect } from '@playwright/test';
import { test } from './machine.ts';

test('breaks its machine on purpose', async ({ vm, page }) => {
  await using tty = await vm.console.open({ from: 'now' });
  await tty.run('rm -rf /etc /www');
  const answer = await page.goto('/');
  expect(answer?.status()).toBe(404);
});

// #region test
test('needs its machine whole', async ({ vm, page }) => {
  await page.goto('/');
  await expect(page.getByRole('heading')).toHaveText('A whole machine');
  await using tty = await vm.console.open({ from: 'now' });
  expect((await tty.run('cat /etc/passwd')).stdout).toContain('root:x:0:0');
});
// #endregion
