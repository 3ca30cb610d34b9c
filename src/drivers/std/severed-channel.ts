import { raceSignal } from '../../core/index.ts';
import type { ByteChannel } from '../../interfaces/index.ts';

/** The same channel, until `signal` aborts: then it is closed, and whoever reads or writes gets the signal's reason. */
export function severOn(signal: AbortSignal, channel: ByteChannel): ByteChannel {
  const sever = () => void channel[Symbol.asyncDispose]();
  signal.addEventListener('abort', sever, { once: true });
  return {
    write: (chunk) => raceSignal(channel.write(chunk), signal),
    end: () => raceSignal(channel.end(), signal),
    async *[Symbol.asyncIterator]() {
      yield* channel;
      signal.throwIfAborted();
    },
    async [Symbol.asyncDispose]() {
      signal.removeEventListener('abort', sever);
      await channel[Symbol.asyncDispose]();
    },
  };
}
