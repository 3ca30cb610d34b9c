import { QemuConfig, type QemuConfigInput } from '../../../src/drivers/qemu/config.ts';
import type { HostFacts } from '../../../src/drivers/qemu/host-facts.ts';
import { planMachine } from '../../../src/drivers/qemu/plan/plan-machine.ts';
import type { MachineFiles, MachinePlan } from '../../../src/drivers/qemu/plan/types.ts';

/** A host as it might be: QEMU 7.2 with emulation only, OVMF, nobody to be but ourselves. */
export const HOST: HostFacts = {
  platform: 'linux',
  qemu: {
    binary: '/usr/bin/qemu-system-x86_64',
    version: '7.2.22',
    sandbox: true,
    accelerators: new Set(['tcg', 'kvm']),
    devices: new Set(['VGA', 'bochs-display', 'virtio-vga', 'virtio-gpu-pci', 'vmgenid']),
  },
  accelerator: { name: 'tcg', reason: 'it was asked for' },
  firmware: {
    kind: 'uefi',
    description: 'UEFI firmware for x86_64',
    code: { path: '/usr/share/OVMF/OVMF_CODE_4M.fd', format: 'raw' },
    vars: { path: '/usr/share/OVMF/OVMF_VARS_4M.fd', format: 'raw' },
  },
  setpriv: '/usr/bin/setpriv',
  user: null,
  runsAs: 'as ourselves',
};

/** The same, for the other architecture. */
export const ARM_HOST: HostFacts = {
  ...HOST,
  qemu: { ...HOST.qemu, binary: '/usr/bin/qemu-system-aarch64', devices: new Set(['virtio-gpu-pci']) },
  firmware: {
    kind: 'uefi',
    description: 'UEFI firmware for aarch64',
    code: { path: '/usr/share/AAVMF/AAVMF_CODE.fd', format: 'raw' },
    vars: { path: '/usr/share/AAVMF/AAVMF_VARS.fd', format: 'raw' },
  },
};

/** A machine that was flashed, with plenty of room for its memory. */
export const FILES: MachineFiles = {
  runDir: '/run/m1',
  socketDir: '/tmp/s1',
  uuid: '6f1e0a5c-98d1-4c4e-a1b9-0d6d0f1c2b3a',
  mac: '52:54:00:12:34:56',
  root: { path: '/cache/images/abc', format: 'qcow2', size: 3 * 2 ** 30 },
  bios: null,
  code: null,
  vars: null,
  memory: [{ folder: '/dev/shm', free: 2 ** 34 }],
};

/** The plan of a configuration on that host. */
export function plan(
  config: QemuConfigInput,
  host: Partial<HostFacts> = {},
  files: Partial<MachineFiles> = {},
): MachinePlan {
  const facts = config.arch === 'aarch64' ? ARM_HOST : HOST;
  const parsed = QemuConfig.parse({ arch: 'x86_64', ...config });
  return planMachine(parsed, { ...facts, ...host }, { ...FILES, ...files });
}

/** The values given to `flag`. */
export const valuesOf = ({ argv }: MachinePlan, flag: string): string[] =>
  argv.flatMap((arg, index) => (argv[index - 1] === flag ? [arg] : []));

/** The arguments that `some` has and `other` has not. */
export const beyond = (some: MachinePlan, other: MachinePlan): string[] =>
  some.argv.filter((arg) => !other.argv.includes(arg));
