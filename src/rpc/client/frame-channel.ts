import { type ByteChannel, writtenAfterEnd } from '../../interfaces/index.ts';
import { type Framing, GOAWAY } from '../frames.ts';
import type { FrameCall } from '../grpc/index.ts';
import { isNormalEnd } from './link.ts';

/** The byte channel that a stream to a driver carries. `translate` turns what breaks it into an error of ours. */
export function frameChannel(
  frames: FrameCall,
  framing: Framing,
  translate: (error: unknown) => unknown,
): ByteChannel {
  let ended = false;
  let reader: ReturnType<Framing['reader']> | undefined;
  const attempt = async <T>(act: () => Promise<T>): Promise<T> => {
    try {
      return await act();
    } catch (error) {
      throw translate(error);
    }
  };
  const read = () => {
    reader ??= framing.reader(frames);
    return readToEnd(reader);
  };
  return {
    write: async (chunk) => {
      if (ended) throw writtenAfterEnd();
      await attempt(() => framing.write(frames, chunk));
    },
    end: async () => {
      if (ended) return;
      ended = true;
      await attempt(() => frames.write(GOAWAY));
      frames.end();
    },
    // Leaving a loop early does not close the channel: another loop goes on where it left.
    async *[Symbol.asyncIterator]() {
      for (let chunk = await attempt(read); chunk; chunk = await attempt(read)) yield chunk;
    },
    [Symbol.asyncDispose]: async () => frames[Symbol.dispose](),
  };
}

async function readToEnd(reader: ReturnType<Framing['reader']>): Promise<Uint8Array | undefined> {
  try {
    return await reader.next();
  } catch (error) {
    if (isNormalEnd(error)) return undefined;
    throw error;
  }
}
