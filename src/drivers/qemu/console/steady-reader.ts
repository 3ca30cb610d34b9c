import { isDutError } from '../../../core/index.ts';
import type { ConsoleStart } from '../../../interfaces/index.ts';
import type { Recorder } from './recorder.ts';

/**
 * As `Recorder.read`, but does not end when the machine stands still: it goes on with what comes after a reset, and ends with
 * the power.
 */
export async function* readSteadily(
  recorder: Recorder,
  start: ConsoleStart,
  signal: AbortSignal,
  counts?: boolean,
): AsyncGenerator<Uint8Array> {
  const { next, boot, offset } = recorder;
  let at = typeof start === 'number' ? start : { next, boot, now: offset }[start];
  for (let from = start; ; from = at) {
    try {
      for await (const chunk of recorder.read(from, signal, counts ?? start === 'next')) {
        at += chunk.length;
        yield chunk;
      }
      return;
    } catch (error) {
      if (!isStandstill(error)) throw error;
    }
  }
}

const isStandstill = (error: unknown) =>
  isDutError(error) && error.code === 'device' && error.fields['event'] !== 'EXIT';
