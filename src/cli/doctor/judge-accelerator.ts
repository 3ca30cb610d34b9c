import type { Arch } from '../../drivers/qemu/index.ts';
import { type Facts, isUnknown } from './facts.ts';
import { type Advice, type Finding, judgeKnown, ok, warning } from './finding.ts';
import { adviseAccess, asRoot } from './judge-host.ts';

const EMULATED = 'machines are emulated (tcg)';

/** The verdict is the proof's; what the device looks like only decides on the advice. Nothing where there is no QEMU. */
export function judgeAccelerator(arch: Arch, facts: Facts): Finding[] {
  const check = `accelerator.${arch}`;
  const { accelerator } = facts.machines[arch];
  if (accelerator === null) return [];
  return [
    judgeKnown(check, accelerator, ({ name, reason }) => {
      if (name !== 'tcg') return ok(check, `${name}: ${reason}`);
      if (arch !== facts.system.arch) return ok(check, `${EMULATED}: ${reason}`);
      return warning(check, `${EMULATED}: ${reason}`, adviseOn(facts));
    }),
  ];
}

/** What may make the accelerator of a Linux host work. */
function adviseOn({ kvm, system }: Facts): Advice {
  if (kvm === null || isUnknown(kvm)) return {};
  if (kvm.access === 'denied') return adviseAccess(kvm);
  if (kvm.access === 'granted')
    return {
      notes: [
        `${kvm.path} is there and does not work; within a virtual machine, it depends on the outer host`,
      ],
    };
  if (system.container)
    return { notes: [`start the container with --device ${kvm.path}, if its host has one`] };
  const module = { vmx: 'kvm_intel', svm: 'kvm_amd' };
  if (system.virtualization) return { fix: [asRoot(`modprobe ${module[system.virtualization]}`, system)] };
  const where = 'in the firmware of the host, or by the outer host of a virtual machine';
  return system.arch === 'x86_64'
    ? { notes: [`this CPU offers no virtualisation; it may be switched off ${where}`] }
    : {};
}
