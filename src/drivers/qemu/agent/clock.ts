import { z } from 'zod';
import { isDutError } from '../../../core/index.ts';
import type { GuestAgent } from './guest-agent.ts';

const NANOSECONDS = 1e6;
/** What a clock may be off that has just been set, in milliseconds: emulated guests take their time to answer. */
const CLOSE = 5_000;

/** How a clock is set. */
export interface SetTimeOptions {
  readonly signal?: AbortSignal;
  /** Is called when the agent has been asked, which sets the clock at once; its answer comes when it has written the hardware clock, too. */
  readonly onAsked?: () => void;
}

/**
 * Sets the guest's clock.
 *
 * @throws as `GuestAgent.ask`.
 */
export async function setGuestTime(
  agent: GuestAgent,
  time: Date,
  { signal, onAsked }: SetTimeOptions = {},
): Promise<void> {
  const before = performance.now();
  try {
    const args = { time: time.getTime() * NANOSECONDS };
    await agent.ask('guest-set-time', args, z.unknown(), { signal, onAsked });
  } catch (error) {
    // The agent also writes the hardware clock, and refuses afterwards where the guest has none.
    if (!isDutError(error) || error.code !== 'device') throw error;
    const now = await agent.ask('guest-get-time', {}, z.number(), { signal });
    const expected = time.getTime() + (performance.now() - before);
    if (Math.abs(now / NANOSECONDS - expected) > CLOSE) throw error;
  }
}
