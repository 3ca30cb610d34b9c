import { isDutError } from '../../../core/index.ts';
import type { ConsoleStart } from '../../../interfaces/index.ts';
import type { Recorder } from './recorder.ts';

/**
 * As `Recorder.read`, but does not end when the machine stands still: it goes on with what comes after a reset, and ends with
 * the power. It begins now, not when it is first read.
 */
export function readSteadily(
  recorder: Recorder,
  start: ConsoleStart,
  signal: AbortSignal,
  counts = start === 'next',
): AsyncIterable<Uint8Array> {
  const { next, boot, offset } = recorder;
  const at = typeof start === 'number' ? start : { next, boot, now: offset }[start];
  return goOn(recorder, recorder.read(start, signal, counts), at, signal, counts);
}

async function* goOn(
  recorder: Recorder,
  first: AsyncIterable<Uint8Array>,
  start: number,
  signal: AbortSignal,
  counts: boolean,
): AsyncGenerator<Uint8Array> {
  let at = start;
  for (let chunks = first; ; chunks = recorder.read(at, signal, counts)) {
    try {
      for await (const chunk of chunks) {
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
