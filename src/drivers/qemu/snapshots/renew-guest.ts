import { DeviceError, isDutError, type Log, raceSignal } from '../../../core/index.ts';
import { setGuestTime } from '../agent/clock.ts';
import { execInGuest } from '../agent/exec.ts';
import { AGENT_GONE, type GuestAgent } from '../agent/guest-agent.ts';
import { reseedGuest } from '../agent/reseed.ts';

/** The devices of the driver that notices a new generation id: where there is one, the kernel renews its randomness by itself. */
const DEVICES = '/sys/bus/acpi/drivers/vmgenid/*:* /sys/bus/platform/drivers/vmgenid/*[:.]*';

/** Whether the guest's kernel notices by itself that it has become another machine. False where nobody can say. */
export async function renewsItself(agent: GuestAgent, signal: AbortSignal): Promise<boolean> {
  const look = `for device in ${DEVICES}; do [ -e "$device" ] && exit 0; done; exit 1`;
  try {
    for await (const item of execInGuest(agent, { command: ['sh', '-c', look] }, signal))
      if ('exitCode' in item) return item.exitCode === 0;
  } catch (error) {
    signal.throwIfAborted();
    if (!isDutError(error)) throw error;
  }
  return false;
}

/**
 * Gives a guest that was saved the time that it is now, and where it cannot do so by itself, randomness that no other has that was
 * started from the same. Where there is no agent neither can be done, which the log says. Resolves when the agent has been
 * asked for the time, which it sets at once; the hardware clock, which it writes then, takes seconds in an emulated guest.
 *
 * @param isOwn Whether its randomness is its own already: `renewsItself` has said so, or it was given it before.
 * @returns whether it is now.
 */
export async function renewGuest(
  agent: GuestAgent,
  isOwn: boolean,
  { log, signal }: { readonly log: Log; readonly signal: AbortSignal },
): Promise<boolean> {
  const tell = (what: string, error: unknown) => {
    if (!isDutError(error)) throw error;
    const level = error.code === 'unsupported' ? 'info' : 'warn';
    log[level]({ reason: error.message }, `${what} of a guest that was saved is what it was then`);
  };
  const isRenewed =
    isOwn ||
    (await reseedGuest(agent, signal).then(
      () => true,
      (error: unknown) => {
        signal.throwIfAborted();
        tell('the randomness', error);
        return false;
      },
    ));
  const { promise: asked, resolve } = Promise.withResolvers<void>();
  let isAsked = false;
  const onAsked = () => {
    isAsked = true;
    resolve();
  };
  const answered = setGuestTime(agent, new Date(), { onAsked }).catch((error: unknown) => {
    // A machine may be off again before that: nobody misses its clock.
    if (!(isAsked && error instanceof DeviceError && error.event === AGENT_GONE)) tell('the clock', error);
  });
  await raceSignal(Promise.race([asked, answered]), signal);
  return isRenewed;
}
