import { createHash } from 'node:crypto';
import type { ByteChannel } from '../../../src/interfaces/index.ts';

/** What senders of Jumpstarter's cut streams into. */
const FRAME = 64 * 1024;

/** Sends `frames` frames, no two alike, and reads what comes back; the digests of both. */
export async function exchangeBulk(
  channel: ByteChannel,
  frames: number,
): Promise<{ readonly sent: string; readonly received: string }> {
  const [sent, received] = [createHash('sha256'), createHash('sha256')];
  const send = async () => {
    for (let index = 0; index < frames; index++) {
      const frame = Buffer.alloc(FRAME, index);
      frame.writeUInt32BE(index, 0);
      sent.update(frame);
      await channel.write(frame);
    }
    await channel.end();
  };
  const receive = async () => {
    for await (const chunk of channel) received.update(chunk);
  };
  await Promise.all([send(), receive()]);
  return { sent: sent.digest('hex'), received: received.digest('hex') };
}
