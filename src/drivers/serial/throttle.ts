/** Waits so many milliseconds, unless the signal aborts. */
export type Pause = (milliseconds: number, signal: AbortSignal) => Promise<void>;

/** Writes a chunk; given up when the signal aborts. */
export type Write = (chunk: Uint8Array, signal: AbortSignal) => Promise<void>;

/** Timers are not finer: milliseconds. */
const FINEST = 1;

/** A write of no more than `rate` characters in a second: one by one up to 1,000, and more of them at a time beyond. */
export function throttled(write: Write, rate: number, pause: Pause): Write {
  const size = Math.max(1, Math.floor((rate * FINEST) / 1_000));
  const between = (size * 1_000) / rate;
  return async (chunk, signal) => {
    for (let at = 0; at < chunk.length; at += size) {
      signal.throwIfAborted();
      await write(chunk.subarray(at, at + size), signal);
      await pause(between, signal);
    }
  };
}

/** The same write, one at a time: of several writers each gets its whole chunk onto the line. */
export function inTurn(write: Write): Write {
  let last: Promise<void> = Promise.resolve();
  return (chunk, signal) => {
    const turn = last.then(() => {
      signal.throwIfAborted();
      return write(chunk, signal);
    });
    last = turn.catch(() => undefined);
    return turn;
  };
}
