import type { Duration } from '../../core/index.ts';
import { type Arch, surveyAccelerator, surveyFirmware, surveyQemu } from '../../drivers/qemu/index.ts';
import { bounded } from './bounded.ts';
import { isUnknown, type MachineFacts } from './facts.ts';

/** The longest that the proof of an accelerator may take; where one works, it takes about a second. */
const PROOF_LIMIT: Duration = '5s';

/** What there is for machines of `arch`: first QEMU, within `limit`, then all that is asked of it. */
export async function lookAtMachines(
  arch: Arch,
  limit: Duration,
  signal: AbortSignal | undefined,
): Promise<MachineFacts> {
  const survey = await bounded(limit, signal, (end) => surveyQemu(arch, { signal: end }));
  if (isUnknown(survey) || survey.state !== 'works')
    return { qemu: survey, firmware: null, accelerator: null };
  const { program } = survey;
  const [firmware, accelerator] = await Promise.all([
    bounded(limit, signal, () => surveyFirmware(arch, program)),
    bounded(PROOF_LIMIT, signal, (end) => surveyAccelerator(arch, program, { signal: end })),
  ]);
  const { binary, version, sandbox, accelerators } = program;
  const qemu = { state: 'works', binary, version, sandbox, accelerators: [...accelerators] } as const;
  return { qemu, firmware, accelerator };
}
