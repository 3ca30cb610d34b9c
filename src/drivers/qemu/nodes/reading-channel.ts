import { UnsupportedError } from '../../../core/index.ts';
import type { ByteChannel } from '../../../interfaces/index.ts';

const PIECE = 64 * 1024;

/** A channel that says `bytes` and then ends. Nothing can be written to it. */
export function readingChannel(bytes: Uint8Array): ByteChannel {
  return {
    write: async () => {
      throw new UnsupportedError('this stream can only be read', {
        capability: 'write',
        available: ['read'],
      });
    },
    end: async () => undefined,
    async *[Symbol.asyncIterator]() {
      for (let at = 0; at < bytes.length; at += PIECE) yield bytes.subarray(at, at + PIECE);
    },
    [Symbol.asyncDispose]: async () => undefined,
  };
}
