import { type Duration } from '../../core/index.ts';
import {
  type Arch,
  type QemuProgram,
  surveyAccelerator,
  surveyFirmware,
  surveyQemu,
} from '../../drivers/qemu/index.ts';
import { bounded } from './bounded.ts';
import { byArch } from './by-arch.ts';
import { type Facts, isUnknown, type Known, type QemuFacts } from './facts.ts';

/** The longest that a proof may take once QEMU has answered; where it works, it takes about a second. */
const PROOF_LIMIT: Duration = '5s';

/** QEMU and firmware of each architecture, and how machines of the host's own are run. */
export async function lookAtMachines(
  native: Arch | null,
  limit: Duration,
  signal: AbortSignal | undefined,
): Promise<Pick<Facts, 'qemu' | 'accelerator'>> {
  let accelerator: Promise<Facts['accelerator']> = Promise.resolve(null);
  const qemu = await byArch((arch) =>
    bounded(limit, signal, async (end): Promise<QemuFacts> => {
      const survey = await surveyQemu(arch, { signal: end });
      if (survey.state !== 'works') return survey;
      const { program } = survey;
      const firmware = await surveyFirmware(arch, program);
      return { state: 'works', ...described(program), firmware };
    }),
  );
  return { qemu, accelerator: await accelerator };
}
