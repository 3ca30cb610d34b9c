import { raceSignal } from '../../../core/index.ts';

/** The same chunks, until `signal` aborts: then it throws the signal's reason, also while it waits for a chunk. */
export async function* abortable<T>(chunks: AsyncIterable<T>, signal: AbortSignal): AsyncIterable<T> {
  const iterator = chunks[Symbol.asyncIterator]();
  try {
    for (;;) {
      const { done, value } = await raceSignal(iterator.next(), signal);
      if (done) return;
      yield value;
    }
  } finally {
    // Not awaited: an iterator that is stuck in `next` returns only after that.
    void Promise.resolve(iterator.return?.()).catch(() => undefined);
  }
}
