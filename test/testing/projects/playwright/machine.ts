import { machineTest } from 'jumplead/playwright';
import { qemu } from 'jumplead/qemu';
import { console } from 'jumplead/wait';
import { BIOS } from '../../../support/bios-machine.ts';

const { BOOT_IMAGE: image = '' } = process.env;

export const test = machineTest(qemu({ ...BIOS, image }), {
  ready: (vm) => vm.waitFor(console(/ready\r\n/)),
});
