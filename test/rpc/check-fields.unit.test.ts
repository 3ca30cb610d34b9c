import { create, toBinary } from '@bufbuild/protobuf';
import { ValueSchema } from '@bufbuild/protobuf/wkt';
import { expect, test } from 'vitest';
import { DriverCallRequestSchema } from '../../src/rpc/gen/jumpstarter/v1/jumpstarter_pb.ts';
import { decodeWith } from '../../src/rpc/grpc/codec.ts';
import { MAX_FIELDS } from '../../src/rpc/grpc/limits.ts';
import { decodeValue, encodeValue } from '../../src/rpc/values.ts';

const decodeCall = decodeWith(DriverCallRequestSchema);
const bytesOf = (...args: unknown[]) =>
  Buffer.from(
    toBinary(
      DriverCallRequestSchema,
      create(DriverCallRequestSchema, { uuid: 'u', method: 'm', args: args.map((arg) => encodeValue(arg)) }),
    ),
  );
const tooMany = expect.objectContaining({
  message: expect.stringMatching(
    /a jumpstarter.v1.DriverCallRequest has more than 250,000 fields.*send less/,
  ),
});
/** `uuid`, `method`, `args`, its list. */
const AROUND = 4;

test('as many as are allowed are read, and not one more', () => {
  const list = Array.from({ length: (MAX_FIELDS - AROUND) / 2 }, () => 1.5);
  const request = decodeCall([bytesOf(list)]);
  expect(decodeValue(request.args[0])).toEqual(list);
  expect(() => decodeCall([bytesOf([...list, 1.5])])).toThrow(tooMany);
});

test('names and values of objects count, however deep they are', () => {
  const half = Array.from({ length: MAX_FIELDS / 4 }, (_, index) => [`name ${index}`, true] as const);
  expect(() => decodeCall([bytesOf({ a: { b: Object.fromEntries(half) } })])).toThrow(tooMany);
});

test('so do fields that nobody knows', () => {
  // Field 15, a number: two bytes.
  const unknown = Buffer.alloc(2 * (MAX_FIELDS + 1)).fill(Buffer.from([0x78, 1]));
  expect(() => decodeCall([unknown])).toThrow(tooMany);
});

test('large texts and bytes are one field each', () => {
  const text = 'x'.repeat(3 * MAX_FIELDS);
  expect(decodeValue(decodeCall([bytesOf(text)]).args[0])).toBe(text);
});

test('what is no message is told as that', () => {
  const torn = bytesOf(Array.from({ length: 100_000 }, () => 1.5)).subarray(0, -1);
  expect(() => decodeCall([torn])).toThrow(/^INTERNAL: not a valid jumpstarter.v1.DriverCallRequest: /);
  const deep = Array.from({ length: 200 }).reduce<Uint8Array>(
    (inner) =>
      Buffer.concat([
        Buffer.from([0x32]),
        varint(inner.length + 1 + lengthOf(inner.length)),
        Buffer.from([0x0a]),
        varint(inner.length),
        inner,
      ]),
    Buffer.alloc(0),
  );
  const padded = Buffer.concat([
    deep,
    Buffer.from([0x1a]),
    varint(2 * MAX_FIELDS),
    Buffer.alloc(2 * MAX_FIELDS, 'x'),
  ]);
  expect(() => decodeWith(ValueSchema)([padded])).toThrow(/^INTERNAL: not a valid google.protobuf.Value: /);
});

function varint(value: number): Buffer {
  const bytes = [];
  for (; value > 127; value = Math.floor(value / 128)) bytes.push((value % 128) + 128);
  return Buffer.from([...bytes, value]);
}

const lengthOf = (value: number) => varint(value).length;
