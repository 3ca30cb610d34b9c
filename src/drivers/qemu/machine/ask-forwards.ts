import { ProtocolError } from '../../../core/index.ts';
import type { PlannedForward } from '../plan/types.ts';
import { type ActiveForward, matchForwards, parseUsernet } from '../usernet.ts';
import type { Qmp } from './qmp.ts';

/** Asks QEMU where the guest's ports are reached, by the names of the plan. @throws ProtocolError when one is missing. */
export async function askForwards(
  qmp: Pick<Qmp, 'human'>,
  forwards: readonly PlannedForward[],
  signal: AbortSignal,
): Promise<Record<string, ActiveForward>> {
  if (forwards.length === 0) return {};
  const answer = await qmp.human('info usernet', { signal });
  const active = matchForwards(forwards, parseUsernet(answer));
  const lost = forwards.find(({ name }) => !active[name]);
  if (!lost) return active;
  throw new ProtocolError(`QEMU has no forward to port ${lost.guestPort} of the guest (${lost.name})`, {
    peer: 'QEMU',
    sent: 'info usernet',
    answer,
  });
}
