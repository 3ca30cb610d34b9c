import { type Duration, startDeadline } from '../../../core/index.ts';
import { faultError, type PowerState } from '../../../interfaces/index.ts';
import type { MachineEvents } from './machine-events.ts';
import type { MachineFaults } from './machine-faults.ts';
import type { PowerSession } from './power-session.ts';
import { stateError } from './state-error.ts';

/** The longest that QEMU may take to reset a machine. */
const RESET_PATIENCE: Duration = '60s';

/** A machine that is on, what it is doing, and what will be heard of it. */
export interface Pressed {
  readonly session: PowerSession;
  readonly state: PowerState;
  readonly events: MachineEvents;
  readonly faults: MachineFaults;
}

/**
 * Presses the power button and waits for the guest. False when it did not, or cannot, switch itself off.
 *
 * @throws the DeviceError of what has kept the guest from doing so meanwhile: the machine is kept for a look.
 */
export async function pressPower(
  { session, state, events, faults }: Pressed,
  deadline: Duration,
  signal: AbortSignal,
): Promise<boolean> {
  if (state === 'running' || state === 'paused') {
    using up = startDeadline(
      { signal, timeout: deadline },
      { operation: 'power.off', waitingFor: 'the guest to switch itself off' },
    );
    const seen = events.first(['EXIT'], 'power.off', up.signal);
    const failed = faults.next(up.signal);
    failed.catch(() => undefined);
    try {
      if (state === 'paused') await session.execute('cont', signal);
      await session.execute('system_powerdown', signal);
      const fault = await Promise.race([seen.then(() => undefined), failed]);
      if (fault) throw faultError(fault, { operation: 'power.off' });
    } catch (error) {
      signal.throwIfAborted();
      if (!up.signal.aborted) throw error;
    }
  }
  return session.shutDownByGuest;
}

/** Presses the reset button. A machine that stands still because it failed runs again. @throws StateError when it goes off meanwhile */
export async function pressReset(
  { session, state, events }: Omit<Pressed, 'faults'>,
  signal: AbortSignal,
): Promise<void> {
  const waitingFor = "QEMU's event RESET";
  using deadline = startDeadline(
    { signal, timeout: RESET_PATIENCE },
    { operation: 'power.reset', waitingFor },
  );
  const seen = events.first(['RESET', 'EXIT'], 'power.reset', deadline.signal);
  await session.execute('system_reset', signal);
  if ((await seen) === 'EXIT') {
    session.broken.throwIfAborted();
    throw stateError('power.reset', 'off', 'on');
  }
  if (state === 'panicked' || state === 'io-error') await session.execute('cont', signal);
}
