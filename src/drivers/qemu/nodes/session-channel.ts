import type { ByteChannel } from '../../../interfaces/index.ts';
import { severOn } from '../../std/index.ts';
import type { PowerSession } from '../machine/power-session.ts';

/** The same channel, which ends with the machine's own error where it ends because the machine failed. */
export function sessionChannel(session: PowerSession, channel: ByteChannel): ByteChannel {
  return severOn(session.boot, {
    write: (chunk) => explain(session, channel.write(chunk)),
    end: () => channel.end(),
    async *[Symbol.asyncIterator]() {
      try {
        yield* channel;
      } catch (error) {
        await session.confirm();
        throw error;
      }
      await session.confirm();
    },
    [Symbol.asyncDispose]: () => channel[Symbol.asyncDispose]().then(),
  });
}

async function explain(session: PowerSession, write: Promise<void>): Promise<void> {
  try {
    await write;
  } catch (error) {
    await session.confirm();
    throw error;
  }
}
