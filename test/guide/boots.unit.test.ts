import { qemu } from 'jumplead/qemu';
import { expect, test } from 'vitest';

test('the guide to remembered boots', () => {
  // #region boot
  const machine = qemu({
    arch: 'x86_64',
    boot: { remember: true, ready: { console: 'login: $', agent: true } },
  });
  // #endregion
  expect(Object.keys(machine.children)).toContain('power');
});
