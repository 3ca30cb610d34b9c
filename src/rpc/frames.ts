import { FrameType } from './gen/jumpstarter/v1/router_pb.ts';
import type { Frame } from './grpc/index.ts';
import { MAX_FRAME } from './wire.ts';

interface FrameWriter {
  write(frame: Frame): Promise<void>;
}

const EMPTY = new Uint8Array(0);

/** Says that no more data comes. The only half-close that crosses a router. */
export const GOAWAY: Frame = { type: FrameType.GOAWAY, payload: EMPTY };

/** Sends `chunk`: as one frame, so that datagrams stay what they are, or as several if it is larger than a frame may be. */
export async function writeChunk(frames: FrameWriter, chunk: Uint8Array): Promise<void> {
  for (let at = 0; at < chunk.length; at += MAX_FRAME) {
    await frames.write({ type: FrameType.DATA, payload: chunk.subarray(at, at + MAX_FRAME) });
  }
}

/** The next bytes of `frames`; undefined at the end. Skips what carries no data. */
export async function readChunk(frames: AsyncIterator<Frame>): Promise<Uint8Array | undefined> {
  for (;;) {
    const next = await frames.next();
    if (next.done || next.value.type === FrameType.GOAWAY) return undefined;
    if (next.value.type === FrameType.DATA && next.value.payload.length > 0) return next.value.payload;
  }
}
