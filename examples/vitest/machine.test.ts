import { qemu } from 'jumplead/qemu';
import { machineTest } from 'jumplead/vitest';
import { console } from 'jumplead/wait';
import { describe, expect } from 'vitest';
import { tinyGuest } from './guest.ts';

// #region set-up
const test = machineTest(qemu(await tinyGuest()), {
  ready: (vm) => vm.waitFor(console(/root@tiny:~# $/)),
});
// #endregion

describe('each test has a machine of its own', () => {
  test('one breaks it on purpose', async ({ vm }) => {
    await using tty = await vm.console.open({ from: 'now' });
    await tty.run('rm -rf /etc');
    expect((await tty.run('ls /etc', { reject: false })).exitCode).toBe(1);
  });

  test('another needs it whole', async ({ vm }) => {
    await using tty = await vm.console.open({ from: 'now' });
    expect((await tty.run('cat /etc/passwd')).stdout).toContain('root:x:0:0');
  });
});
