import { z } from 'zod';
import { isDutError } from '../../../core/index.ts';
import type { GuestAgent } from './guest-agent.ts';

const NANOSECONDS = 1e6;
/** What a clock may be off that has just been set, in milliseconds: emulated guests take their time to answer. */
const CLOSE = 5_000;

/**
 * Sets the guest's clock.
 *
 * @throws as `GuestAgent.ask`.
 */
export async function setGuestTime(agent: GuestAgent, time: Date, signal: AbortSignal): Promise<void> {
  const before = performance.now();
  try {
    await agent.ask('guest-set-time', { time: time.getTime() * NANOSECONDS }, z.unknown(), { signal });
  } catch (error) {
    // The agent also writes the hardware clock, and refuses afterwards where the guest has none.
    if (!isDutError(error) || error.code !== 'device') throw error;
    const now = await agent.ask('guest-get-time', {}, z.number(), { signal });
    const expected = time.getTime() + (performance.now() - before);
    if (Math.abs(now / NANOSECONDS - expected) > CLOSE) throw error;
  }
}
