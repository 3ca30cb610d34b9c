import { qemu } from 'jumplead/qemu';
import { machineTest } from 'jumplead/vitest';
import { console } from 'jumplead/wait';
import { BIOS } from '../../../support/bios-machine.ts';

const { BOOT_IMAGE: image = '', MEMORY: memory = BIOS.memory } = process.env;

export const test = machineTest(qemu({ ...BIOS, image, memory: memory as '64MiB' }), {
  ready: (vm) => vm.waitFor(console(/ready\r\n/)),
});
