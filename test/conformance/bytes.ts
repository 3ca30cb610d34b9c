import { createHash } from 'node:crypto';
import type { Sink, Source } from '../../src/interfaces/index.ts';

/** An image of that many bytes that is the same each time; `seed` makes others. */
export function createImage(bytes: number, seed = 1): Buffer {
  const image = Buffer.alloc(bytes);
  for (let at = 0, state = seed; at < bytes; at += 1) {
    state = (state * 1_103_515_245 + 12_345) % 2 ** 31;
    image[at] = state >>> 16;
  }
  return image;
}

/** The image as a stream of chunks of 64 KiB. */
export function sourceOf(image: Buffer): Source {
  async function* chunks() {
    for (let at = 0; at < image.length; at += 65_536) yield image.subarray(at, at + 65_536);
  }
  return { kind: 'stream', chunks: chunks() };
}

/** The image's first half, after which the source fails with `reason`. */
export function brokenSourceOf(image: Buffer, reason: Error): Source {
  async function* chunks() {
    yield image.subarray(0, image.length / 2);
    throw reason;
  }
  return { kind: 'stream', chunks: chunks() };
}

/** Takes what it is given, and says what became of it. */
export function collectingSink(): {
  readonly sink: Sink;
  readonly received: () => Buffer | 'unfinished' | 'aborted';
} {
  const chunks: Uint8Array[] = [];
  let state: 'unfinished' | 'complete' | 'aborted' = 'unfinished';
  const writer = {
    write: async (chunk: Uint8Array) => void chunks.push(new Uint8Array(chunk)),
    close: async () => {
      state = 'complete';
    },
    abort: async () => {
      state = 'aborted';
    },
  };
  return {
    sink: { kind: 'stream', writer },
    received: () => (state === 'complete' ? Buffer.concat(chunks) : state),
  };
}

/** In hexadecimal, as images are known by. */
export function sha256(bytes: Buffer): string {
  return createHash('sha256').update(bytes).digest('hex');
}
