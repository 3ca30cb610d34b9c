import { raceSignal } from '../../core/index.ts';
import type { ByteChannel } from '../../interfaces/index.ts';

/** The same channel, until `signal` aborts: then it is closed, and whoever reads or writes gets the signal's reason. */
export function severOn(signal: AbortSignal, channel: ByteChannel): ByteChannel {
  const sever = () => void channel[Symbol.asyncDispose]();
  if (signal.aborted) sever();
  signal.addEventListener('abort', sever, { once: true });
  const unlessSevered = async (act: () => Promise<void>) => {
    signal.throwIfAborted();
    await raceSignal(act(), signal);
  };
  return {
    write: (chunk) => unlessSevered(() => channel.write(chunk)),
    end: () => unlessSevered(() => channel.end()),
    async *[Symbol.asyncIterator]() {
      try {
        yield* channel;
      } finally {
        // Also in place of the error that closing the channel has caused.
        signal.throwIfAborted();
      }
    },
    async [Symbol.asyncDispose]() {
      signal.removeEventListener('abort', sever);
      await channel[Symbol.asyncDispose]();
    },
  };
}
