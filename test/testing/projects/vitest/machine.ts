import { qemu } from 'jumplead/qemu';
import { machineTest } from 'jumplead/vitest';
import { console } from 'jumplead/wait';
import { BIOS } from '../../../support/bios-machine.ts';

const { BOOT_IMAGE: image = '', MEMORY: memory = BIOS.memory, REMEMBER, ARTIFACTS: artifacts } = process.env;
const boot = { remember: REMEMBER === '1', ready: { console: 'ready\\r\\n$' } };

export const test = machineTest(qemu({ ...BIOS, image, memory: memory as '64MiB', boot }), {
  ready: (vm) => vm.waitFor(console(/ready\r\n/)),
  ...(artifacts !== undefined && { artifacts }),
});
