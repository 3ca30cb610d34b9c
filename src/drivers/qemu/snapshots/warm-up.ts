import { createLog, isDutError, type Log } from '../../../core/index.ts';
import { execInGuest } from '../agent/exec.ts';
import type { GuestAgent } from '../agent/guest-agent.ts';
import { renewGuest } from './renew-guest.ts';

/**
 * Lets a guest that is emulated do once what is done when somebody has it, so that QEMU has translated it by then: take the time and,
 * where it must be given that, randomness, and start a program. It is left as soon as `hurry` aborts, or something goes wrong.
 *
 * @returns whether its randomness is its own, as `renewGuest` does.
 * @throws the reason of `signal` when that aborts.
 */
export async function warmUp(
  agent: GuestAgent,
  isOwn: boolean,
  {
    log,
    hurry,
    signal,
  }: { readonly log: Log; readonly hurry?: AbortSignal | undefined; readonly signal: AbortSignal },
): Promise<boolean> {
  const either = hurry ? AbortSignal.any([hurry, signal]) : signal;
  let isRenewed = isOwn;
  try {
    // What it cannot do is told when somebody has it.
    isRenewed = await renewGuest(agent, isOwn, { log: createLog('silent'), signal: either });
    for await (const _ of execInGuest(agent, { command: ['true'] }, either));
  } catch (error) {
    signal.throwIfAborted();
    if (!hurry?.aborted && !isDutError(error)) throw error;
    log.debug({ reason: String(error) }, 'a guest was not warmed up');
  }
  return isRenewed;
}
