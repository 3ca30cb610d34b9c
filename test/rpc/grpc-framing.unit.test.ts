import { fromBinary, toBinary } from '@bufbuild/protobuf';
import { array, assert, constantFrom, integer, property, record, uint8Array } from 'fast-check';
import { describe, expect, test } from 'vitest';
import { FrameType, StreamRequestSchema } from '../../src/rpc/gen/jumpstarter/v1/router_pb.ts';
import { decodeFrame, encodeFrame } from '../../src/rpc/grpc/frame-codec.ts';
import { frameMessage, joinParts, joinSmall, MessageParser, SMALL } from '../../src/rpc/grpc/framing.ts';
import { GrpcError, Status } from '../../src/rpc/grpc/status.ts';

const messages = array(uint8Array({ maxLength: 40 }), { maxLength: 6 });
const cuts = array(integer({ min: 1, max: 60 }), { minLength: 1, maxLength: 20 });

/** `bytes` in pieces of the lengths of `sizes`, repeated as often as needed. */
function cut(bytes: Buffer, sizes: readonly number[]): Buffer[] {
  const pieces: Buffer[] = [];
  for (let at = 0, index = 0; at < bytes.length; index++) {
    const size = sizes[index % sizes.length] ?? 1;
    pieces.push(bytes.subarray(at, at + size));
    at += size;
  }
  return pieces;
}

function parse(chunks: readonly Buffer[]) {
  const found: Buffer[][] = [];
  const parser = new MessageParser((parts) => found.push(parts));
  for (const chunk of chunks) parser.push(chunk);
  return { found, parser };
}

describe('messages', () => {
  test('come out as they went in, wherever the chunks are cut', () => {
    assert(
      property(messages, cuts, (sent, sizes) => {
        const bytes = Buffer.concat(sent.flatMap(frameMessage));
        const { found, parser } = parse(cut(bytes, sizes));
        expect(found.map((parts) => [...joinParts(parts)])).toEqual(sent.map((message) => [...message]));
        expect(parser.isBetweenMessages).toBe(true);
      }),
    );
  });

  test('that are cut short are noticed', () => {
    const whole = Buffer.concat(frameMessage(Buffer.from('hello')));
    for (let length = 1; length < whole.length; length++) {
      expect(parse([whole.subarray(0, length)]).parser.isBetweenMessages).toBe(false);
    }
  });

  test('are not copied, large or small', () => {
    const chunk = Buffer.concat(frameMessage(Buffer.from('hello')));
    expect(parse([chunk]).found[0]?.[0]?.buffer).toBe(chunk.buffer);
    const large = Buffer.alloc(100_000);
    expect(frameMessage(large)[1]).toBe(large);
  });

  test.each([
    ['compressed', Buffer.from([1, 0, 0, 0, 1]), Status.UNIMPLEMENTED],
    ['above 4 MiB', Buffer.from([0, 0, 0x40, 0, 1]), Status.RESOURCE_EXHAUSTED],
  ])('that are %s are refused by their prefix alone', (_, prefix, code) => {
    expect(() => parse([prefix])).toThrow(expect.objectContaining({ name: 'GrpcError', code }));
  });

  test('that are small go out together, the large ones as they are', () => {
    const small = () => Buffer.from('small');
    const large = Buffer.alloc(SMALL + 1, 'x');
    const joined = joinSmall([small(), small(), large, small()]);
    expect(joined.map(({ length }) => length)).toEqual([10, SMALL + 1, 5]);
    expect(joined[1]).toBe(large);
    const many = joinSmall(Array.from({ length: 10_000 }, small));
    expect(many).toHaveLength(1);
    const more = joinSmall(Array.from({ length: 40_000 }, small));
    expect(more.every(({ length }) => length <= 65_536)).toBe(true);
    expect(Buffer.concat(more)).toEqual(Buffer.alloc(200_000, 'small'));
  });

  test('of exactly 4 MiB are taken', () => {
    const { found } = parse([Buffer.from([0, 0, 0x40, 0, 0]), Buffer.alloc(4 * 2 ** 20)]);
    expect(joinParts(found[0] ?? []).length).toBe(4 * 2 ** 20);
  });
});

const frames = record({
  type: constantFrom(FrameType.DATA, FrameType.GOAWAY, FrameType.PING, FrameType.RST_STREAM),
  payload: uint8Array({ maxLength: 10_000, size: 'max' }),
});

describe('frames', () => {
  test('are what protobuf makes of them, in both directions', () => {
    assert(
      property(frames, cuts, ({ type, payload }, sizes) => {
        const encoded = Buffer.concat(encodeFrame({ type, payload })).subarray(5);
        const read = fromBinary(StreamRequestSchema, encoded);
        expect([read.frameType, Buffer.from(read.payload)]).toEqual([type, Buffer.from(payload)]);
        const written = Buffer.from(
          toBinary(StreamRequestSchema, {
            $typeName: 'jumpstarter.v1.StreamRequest',
            frameType: type,
            payload,
          }),
        );
        for (const bytes of [encoded, written]) {
          const frame = decodeFrame(cut(bytes, sizes));
          expect(frame.type).toBe(type);
          expect(Buffer.from(frame.payload).equals(payload)).toBe(true);
          expect(Buffer.concat(frame.chunks ?? []).equals(payload)).toBe(true);
        }
      }),
      { numRuns: 200 },
    );
  });

  test('leave out what has its default', () => {
    expect(Buffer.concat(encodeFrame({ type: FrameType.DATA, payload: Buffer.alloc(0) }))).toEqual(
      Buffer.alloc(5),
    );
    expect(Buffer.concat(encodeFrame({ type: FrameType.GOAWAY, payload: Buffer.alloc(0) }))).toEqual(
      Buffer.from([0, 0, 0, 0, 2, 0x10, 7]),
    );
  });

  test('keep a large payload in the parts it came in, and send on the parts', () => {
    const payload = Buffer.alloc(65_536, 'x');
    const bytes = Buffer.concat(encodeFrame({ type: FrameType.DATA, payload })).subarray(5);
    const parts = cut(bytes, [16_384]);
    const frame = decodeFrame(parts);
    expect(frame.chunks?.map((chunk) => chunk.buffer)).toEqual(parts.map((part) => part.buffer));
    expect(encodeFrame(frame).slice(1)).toEqual(frame.chunks);
  });

  test('may have fields that are not known', () => {
    const unknown = [0x18, 0x05, 0x21, 1, 2, 3, 4, 5, 6, 7, 8, 0x2d, 1, 2, 3, 4, 0x32, 2, 9, 9];
    const frame = decodeFrame([Buffer.from([...unknown, 0x0a, 1, 65, ...unknown])]);
    expect(frame).toMatchObject({ type: FrameType.DATA, payload: Buffer.from('A') });
  });

  test.each([[[0x0a, 5, 1]], [[0x0a]], [[0x0b]], [[0x10, 0x80]]])('of %j are refused', (bytes) => {
    expect(() => decodeFrame([Buffer.from(bytes)])).toThrow(GrpcError);
  });
});
