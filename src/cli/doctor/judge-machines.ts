import { firstLine } from '../../core/index.ts';
import type { Arch } from '../../drivers/qemu/index.ts';
import { MACHINE_NEEDS, type NeedId } from '../packages/needs.js';
import { type Facts, isUnknown } from './facts.ts';
import { adviseInstall, type Finding, judgeKnown, lack, ok, warning } from './finding.ts';

/** What a machine of an architecture needs beside its QEMU. */
const COMPANIONS = {
  x86_64: ['uefi-x86_64', 'bios-x86_64', 'boot-rom'],
  aarch64: ['uefi-aarch64', 'boot-rom'],
} as const satisfies Record<Arch, readonly NeedId[]>;

export function judgeQemu(arch: Arch, facts: Facts): Finding {
  const check = `qemu.${arch}`;
  const required = arch === facts.system.arch;
  return judgeKnown(
    check,
    facts.machines[arch].qemu,
    (qemu) => {
      if (qemu.state === 'missing')
        return lack(required, check, `${qemu.binary} is not installed`, adviseQemu(arch, facts));
      if (qemu.state === 'broken')
        return lack(required, check, firstLine(qemu.reason), { notes: [qemu.binary] });
      const { version, binary, sandbox } = qemu;
      if (sandbox || facts.system.platform !== 'linux') return ok(check, `${version}, ${binary}`);
      const notes = ['it was built without its system call filter: a guest that breaks out of it meets none'];
      return warning(check, `${version}, ${binary}, no sandbox`, { notes });
    },
    required,
  );
}

/** QEMU together with what its machines start from, so that one line does it. */
function adviseQemu(arch: Arch, { needs, system }: Facts) {
  const missing = COMPANIONS[arch].filter((id) => isUnknown(needs) || needs[id] === null);
  const ids: readonly NeedId[] = [`qemu-${arch}`, ...missing];
  return adviseInstall(
    ids.map((id) => MACHINE_NEEDS[id]),
    system,
  );
}

/** Nothing where there is no QEMU: its finding says what to install. */
export function judgeFirmware(arch: Arch, { machines, system }: Facts): Finding[] {
  const check = `firmware.${arch}`;
  const { firmware } = machines[arch];
  if (firmware === null) return [];
  return [
    judgeKnown(check, firmware, (found) => {
      const plain = found.find((one) => one.plain);
      const secure = found.filter(({ secureBoot }) => secureBoot);
      const notes = secure.map(
        ({ code, enrolledKeys }) =>
          `with secure boot${enrolledKeys ? ', keys enrolled' : ', no keys enrolled'}: ${code}`,
      );
      if (plain?.source === 'host') return ok(check, `UEFI, ${plain.code}`, { notes });
      const { fix, notes: more } = adviseInstall([MACHINE_NEEDS[`uefi-${arch}`]], system);
      const summary = plain
        ? `UEFI, downloaded: ${plain.code}`
        : 'no UEFI firmware: the first machine downloads one';
      return plain
        ? ok(check, summary, { notes })
        : warning(check, summary, { fix, notes: [...notes, ...more] });
    }),
  ];
}
