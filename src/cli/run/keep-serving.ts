import { setTimeout as delay } from 'node:timers/promises';
import { isDutError, parseDuration } from '../../core/index.ts';
import type { FailureDetection } from '../../exporter-file/index.ts';
import { describeFailure } from '../report-error.ts';

/** A device that is just being plugged in, or a port that is just being given up, is there a little later. In milliseconds. */
const PAUSE = 1_000;

export interface KeepServingOptions {
  readonly failureDetection: FailureDetection;
  /** Ends the serving: what it throws then is thrown on. */
  readonly signal: AbortSignal;
  readonly say: (text: string) => void;
  /** Milliseconds that never go back. */
  readonly now?: () => number;
  readonly pause?: (signal: AbortSignal) => Promise<unknown>;
}

/**
 * Serves, and serves again what has failed by the fault of a device or of the host - where the exporter file says how often: once
 * `maxRapidFailures` in a row have each come within `rapidFailureWindow`, the last of them is thrown. A file that says nothing about it is
 * served once.
 */
export async function keepServing(
  serve: () => Promise<void>,
  {
    failureDetection: { isStated, maxRapidFailures, rapidFailureWindow },
    signal,
    say,
    now = () => performance.now(),
    pause = (until) => delay(PAUSE, undefined, { signal: until }),
  }: KeepServingOptions,
): Promise<void> {
  for (let inARow = 0; ; ) {
    const began = now();
    try {
      return await serve();
    } catch (error) {
      if (!isStated || signal.aborted || !mayPass(error)) throw error;
      inARow = now() - began < parseDuration(rapidFailureWindow) ? inARow + 1 : 0;
      if (inARow >= maxRapidFailures) throw error;
      const count = inARow === 0 ? 'after a long time' : `${inARow} of ${maxRapidFailures} in a row`;
      say(`${describeFailure(error)}\nfailed (failureDetection: ${count}); trying again`);
    }
    await pause(signal).catch(() => undefined);
    signal.throwIfAborted();
  }
}

/** Whether it may be otherwise the next time: a mistake of the caller's or a bug stays. */
const mayPass = (error: unknown) => isDutError(error) && (error.fault === 'device' || error.fault === 'lab');
