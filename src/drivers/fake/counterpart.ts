import type { ByteChannel } from '../../interfaces/index.ts';
import { byteChannelPair, severOn } from '../std/index.ts';

/** Plays the other end of a connection. When it returns, its direction ends; when it rejects, the connection breaks. */
export type Counterpart = (channel: ByteChannel) => Promise<void>;

/** A connection to `play`, which goes on until it has returned or the connection is closed. */
export function connectTo(play: Counterpart): ByteChannel {
  const [ours, theirs] = byteChannelPair();
  const broken = new AbortController();
  play(theirs).then(
    () => theirs.end(),
    (error) => broken.abort(error),
  );
  return severOn(broken.signal, ours);
}

/** Sends back what it gets, until that ends. */
export const echo: Counterpart = async (channel) => {
  for await (const chunk of channel) await channel.write(chunk);
};
