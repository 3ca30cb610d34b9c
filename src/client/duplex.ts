import { Duplex } from 'node:stream';
import type { ByteChannel } from '../interfaces/index.ts';

/**
 * `channel` as a stream of Node, for libraries that want one. Destroying it disposes of the channel. Without
 * `allowHalfOpen` it ends its own direction when the other side has ended.
 */
export function duplexOf(
  channel: ByteChannel,
  { allowHalfOpen }: { readonly allowHalfOpen: boolean },
): Duplex {
  const chunks = channel[Symbol.asyncIterator]();
  // An empty chunk is neither data nor the end: to a stream it would look like "nothing now".
  const next = async (): Promise<Uint8Array | null> => {
    for (;;) {
      const { done, value } = await chunks.next();
      if (done) return null;
      if (value.length > 0) return value;
    }
  };
  return new Duplex({
    allowHalfOpen,
    read() {
      next().then(
        (chunk) => this.push(chunk),
        (error: Error) => this.destroy(error),
      );
    },
    write(chunk: Uint8Array, _encoding, done) {
      channel.write(chunk).then(() => done(), done);
    },
    final(done) {
      channel.end().then(() => done(), done);
    },
    destroy(error, done) {
      channel[Symbol.asyncDispose]().then(
        () => done(error),
        () => done(error),
      );
    },
  });
}
