import { ProtocolError } from '../../../core/index.ts';
import type { ActiveForward } from '../usernet.ts';
import type { Qmp } from './qmp.ts';

/** Lets the same ports of the host lead to another address of the guest. @throws ProtocolError when QEMU does not do so. */
export async function redirectForwards(
  qmp: Pick<Qmp, 'human'>,
  forwards: readonly ActiveForward[],
  address: string,
  signal: AbortSignal,
): Promise<void> {
  for (const { host, hostPort, guestPort } of forwards) {
    const port = `tcp:${host}:${hostPort}`;
    await tell(qmp, `hostfwd_remove net ${port}`, /^(?:host forwarding rule for \S+ removed)?$/, signal);
    await tell(qmp, `hostfwd_add net ${port}-${address}:${guestPort}`, /^$/, signal);
  }
}

/** Failures are text in the answer. */
async function tell(
  qmp: Pick<Qmp, 'human'>,
  sent: string,
  expected: RegExp,
  signal: AbortSignal,
): Promise<void> {
  const answer = await qmp.human(sent, { signal });
  if (expected.test(answer.trim())) return;
  throw new ProtocolError(`QEMU does not lead a port of the host to another address: ${answer.trim()}`, {
    peer: 'QEMU',
    sent,
    answer,
  });
}
