import type { BootedMachine } from '../client/index.ts';
import { raceSignal } from '../core/index.ts';
import type { Steps } from './steps.ts';

/** Waits, as a step, until a boot has been stored: to use the machine before would keep it from being so. `next` is what resumes from there. */
export async function awaitStored(
  steps: Steps,
  { settled }: BootedMachine,
  next: string,
  signal: AbortSignal,
): Promise<void> {
  await steps.run('boot remembered', async () => {
    const { stored, reason } = await raceSignal(settled, signal);
    return { outcome: stored ? `the next ${next} resumes from there` : `no: ${reason}`, value: undefined };
  });
}
