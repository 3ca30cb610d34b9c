import { ConfigError } from '../core/index.ts';
import { type ChannelMethod, LARGEST_MESSAGE } from '../interfaces/index.ts';
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

/** Sends `message` as one frame, also if it is empty. @throws ConfigError when it is larger than a frame can be. */
export async function writeMessage(frames: FrameWriter, message: Uint8Array): Promise<void> {
  if (message.length > LARGEST_MESSAGE) {
    const problem = `a message of ${message.length} bytes; the largest that can be sent is ${LARGEST_MESSAGE}`;
    throw new ConfigError(problem, { issues: [{ path: '', message: problem }] });
  }
  await frames.write({ type: FrameType.DATA, payload: message });
}

/** Up to this size a frame is handed on as one piece: datagrams are smaller, and what is larger costs more to join. */
const WHOLE = 16 * 1_024;

/** The messages that frames are, in order, each whole; undefined at the end, which a GOAWAY is too. */
export class FrameReader {
  readonly #frames: AsyncIterator<Frame>;

  constructor(frames: AsyncIterable<Frame>) {
    this.#frames = frames[Symbol.asyncIterator]();
  }

  async next(): Promise<Uint8Array | undefined> {
    for (;;) {
      const next = await this.#frames.next();
      if (next.done || next.value.type === FrameType.GOAWAY) return undefined;
      if (next.value.type === FrameType.DATA) return next.value.payload;
    }
  }
}

/** How the chunks of a channel become frames, and frames chunks. */
export interface Framing {
  readonly write: (frames: FrameWriter, chunk: Uint8Array) => Promise<void>;
  readonly reader: (frames: AsyncIterable<Frame>) => { next(): Promise<Uint8Array | undefined> };
}

/** The framing of each kind of channel. */
export const FRAMING: Readonly<Record<ChannelMethod['carries'], Framing>> = {
  bytes: { write: writeChunk, reader: (frames) => new ChunkReader(frames) },
  messages: { write: writeMessage, reader: (frames) => new FrameReader(frames) },
};

/** The bytes of frames, in order. A large frame comes in the pieces that the network brought, which are not copied. */
export class ChunkReader {
  readonly #frames: AsyncIterator<Frame>;
  #pieces: readonly Uint8Array[] = [];
  #at = 0;

  constructor(frames: AsyncIterable<Frame>) {
    this.#frames = frames[Symbol.asyncIterator]();
  }

  /** The next bytes; undefined at the end, which a GOAWAY is too. Skips what carries no data. */
  next(): Promise<Uint8Array | undefined> {
    const piece = this.#pieces[this.#at++];
    return piece ? Promise.resolve(piece) : this.#read();
  }

  async #read(): Promise<Uint8Array | undefined> {
    for (;;) {
      const next = await this.#frames.next();
      if (next.done || next.value.type === FrameType.GOAWAY) return undefined;
      if (next.value.type !== FrameType.DATA) continue;
      this.#pieces = piecesOf(next.value);
      this.#at = 1;
      const [piece] = this.#pieces;
      if (piece) return piece;
    }
  }
}

/** What `frame` carries, in pieces of which none is empty. */
export function piecesOf(frame: Frame): readonly Uint8Array[] {
  const { chunks = [frame.payload] } = frame;
  const size = chunks.reduce((sum, chunk) => sum + chunk.length, 0);
  if (size === 0) return [];
  return chunks.length === 1 || size > WHOLE ? chunks.filter((chunk) => chunk.length > 0) : [frame.payload];
}
