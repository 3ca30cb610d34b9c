import { qemu } from 'jumplead/qemu';
import { machineTest } from 'jumplead/vitest';
import { console } from 'jumplead/wait';
import { BIOS } from '../../../support/bios-machine.ts';

const {
  BOOT_IMAGE: image = '',
  MEMORY: memory = BIOS.memory,
  REMEMBER,
  ARTIFACTS: artifacts,
  NEVER,
} = process.env;
const boot = { remember: REMEMBER === '1', ready: { console: 'ready\\r\\n$' } };

export const test = machineTest(qemu({ ...BIOS, image, memory: memory as '64MiB', boot }), {
  ready: async (vm) => {
    await vm.waitFor(console(/ready\r\n/));
    if (NEVER) throw new Error('its database is empty');
  },
  ...(artifacts !== undefined && { artifacts }),
});
