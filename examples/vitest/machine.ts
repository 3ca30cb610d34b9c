import { qemu } from 'jumplead/qemu';
import { machineTest } from 'jumplead/vitest';
import { console } from 'jumplead/wait';
import { tinyGuest } from './guest.ts';

// #region set-up
export const test = machineTest(qemu(await tinyGuest()), {
  ready: (vm) => vm.waitFor(console(/root@tiny:~# $/)),
  artifacts: 'out',
});
// #endregion
