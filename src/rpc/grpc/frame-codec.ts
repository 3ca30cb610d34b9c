import { FrameType } from '../gen/jumpstarter/v1/router_pb.ts';
import { joinParts, PREFIX_LENGTH, SMALL, writePrefix } from './framing.ts';
import { GrpcError, Status } from './status.ts';

/** One message of `RouterService.Stream`, in either direction: StreamRequest and StreamResponse have the same shape. */
export interface Frame {
  readonly type: FrameType;
  /** All bytes as one piece. For a large frame that came from the network this makes a copy, once. */
  readonly payload: Uint8Array;
  /**
   * The same bytes as they came, without a copy: for those who only pass them on. Views of network buffers: copy what
   * is to be kept for long. A frame to be sent may leave it out.
   */
  readonly chunks?: readonly Uint8Array[];
}

const PAYLOAD_TAG = 0x0a;
const FRAME_TYPE_TAG = 0x10;
const EMPTY = new Uint8Array(0);
/** Prefix, frame type, and tag and length of the payload. */
const MAX_HEAD = PREFIX_LENGTH + 2 + 1 + 5;

/** A frame as chunks to be written: its prefix and fields, then the payload itself, which is copied only if it is small. */
export function encodeFrame(frame: Frame): Uint8Array[] {
  const { type } = frame;
  const pieces = frame.chunks ?? [frame.payload];
  const length = pieces.reduce((sum, piece) => sum + piece.length, 0);
  const small = length <= SMALL;
  const head = Buffer.allocUnsafe(MAX_HEAD + (small ? length : 0));
  let at = PREFIX_LENGTH;
  if (type !== FrameType.DATA) {
    head[at++] = FRAME_TYPE_TAG;
    head[at++] = type;
  }
  if (length > 0) {
    head[at++] = PAYLOAD_TAG;
    at = writeVarint(head, at, length);
  }
  writePrefix(head, at - PREFIX_LENGTH + length);
  if (!small) return [head.subarray(0, at), ...pieces];
  for (const piece of pieces) {
    head.set(piece, at);
    at += piece.length;
  }
  return [head.subarray(0, at)];
}

/** Reads a frame; fields that are absent have their defaults, unknown ones are skipped. @throws GrpcError INTERNAL */
export function decodeFrame(parts: readonly Buffer[]): Frame {
  return decodePayloadLast(parts) ?? decodeWhole(joinParts(parts));
}

/** The usual large frame: fields in the first part, and then nothing but payload, which stays in its parts. */
function decodePayloadLast(parts: readonly Buffer[]): Frame | undefined {
  const [first, ...others] = parts;
  if (!first || others.length === 0 || first.length < MAX_HEAD) return undefined;
  const cursor = { bytes: first, at: 0 };
  let tag = readVarint(cursor);
  let type: FrameType = FrameType.DATA;
  if (tag === FRAME_TYPE_TAG) {
    type = readVarint(cursor) as FrameType; // SAFE: open enum
    tag = readVarint(cursor);
  }
  const length = tag === PAYLOAD_TAG ? readVarint(cursor) : 0;
  const rest = parts.reduce((sum, part) => sum + part.length, -cursor.at);
  return length === rest ? new ChunkedFrame(type, [first.subarray(cursor.at), ...others]) : undefined;
}

class ChunkedFrame implements Frame {
  readonly type: FrameType;
  readonly chunks: readonly Buffer[];
  #payload: Uint8Array | undefined;

  constructor(type: FrameType, chunks: readonly Buffer[]) {
    this.type = type;
    this.chunks = chunks;
  }

  get payload(): Uint8Array {
    this.#payload ??= Buffer.concat(this.chunks);
    return this.#payload;
  }
}

function decodeWhole(message: Uint8Array): Frame {
  const cursor = { bytes: message, at: 0 };
  let type: FrameType = FrameType.DATA;
  let payload: Uint8Array = EMPTY;
  while (cursor.at < message.length) {
    const tag = readVarint(cursor);
    if (tag === PAYLOAD_TAG) payload = readBytes(cursor, readVarint(cursor));
    else if (tag === FRAME_TYPE_TAG)
      type = readVarint(cursor) as FrameType; // SAFE: open enum
    else skipField(cursor, tag & 7);
  }
  return { type, payload, chunks: [payload] };
}

interface Cursor {
  readonly bytes: Uint8Array;
  at: number;
}

function writeVarint(bytes: Uint8Array, start: number, value: number): number {
  let at = start;
  let rest = value;
  for (; rest > 0x7f; rest >>>= 7) bytes[at++] = (rest & 0x7f) | 0x80;
  bytes[at++] = rest;
  return at;
}

/** The low 32 bits of a varint of up to ten bytes. */
function readVarint(cursor: Cursor): number {
  let value = 0;
  for (let shift = 0; shift < 70; shift += 7) {
    const byte = cursor.bytes[cursor.at++];
    if (byte === undefined) break;
    if (shift < 32) value |= (byte & 0x7f) << shift;
    if (byte < 0x80) return value >>> 0;
  }
  throw malformed();
}

function readBytes(cursor: Cursor, length: number): Uint8Array {
  const end = cursor.at + length;
  if (end > cursor.bytes.length) throw malformed();
  const bytes = cursor.bytes.subarray(cursor.at, end);
  cursor.at = end;
  return bytes;
}

function skipField(cursor: Cursor, wireType: number): void {
  if (wireType === 0) readVarint(cursor);
  else if (wireType === 1) readBytes(cursor, 8);
  else if (wireType === 2) readBytes(cursor, readVarint(cursor));
  else if (wireType === 5) readBytes(cursor, 4);
  else throw malformed();
}

function malformed(): GrpcError {
  return new GrpcError(Status.INTERNAL, 'a frame is not a valid protobuf message');
}
