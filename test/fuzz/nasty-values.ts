/** Values that somebody might have forgotten about. */
import { create, type MessageInitShape, toBinary } from '@bufbuild/protobuf';
import { type Value, ValueSchema } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';

const LONE_SURROGATE = '\ud800';
const nastyText = fc.constantFrom(
  '',
  '__proto__',
  'constructor',
  'toString',
  'hasOwnProperty',
  '\0',
  LONE_SURROGATE,
  `a${LONE_SURROGATE}b`,
  '\u202e\ufeff',
  '\u001b[2J\r\n',
  '%s%n%00%ff',
  '../../../etc/passwd',
  '$(reboot)',
  '-1',
  '1e999',
  '9'.repeat(400),
  '512MiB',
  '-5GiB',
  '0s',
  '999999999999999h',
  'boot',
  'x'.repeat(100_000),
  '\u00e4'.repeat(700_000),
);
const text = fc.oneof(nastyText, fc.string({ maxLength: 40 }), fc.string({ unit: 'binary', maxLength: 40 }));
const nastyNumber = fc.constantFrom(0, -0, 1, -1, 2 ** 31, 2 ** 53, -(2 ** 63), 5e-324, 1.7e308, 0.1);
const number = fc.oneof(nastyNumber, fc.double({ noNaN: true, noDefaultInfinity: true }));

const nested = (depth: number): unknown => {
  let value: unknown = 'deep';
  for (let level = 0; level < depth; level++) value = level % 2 ? { a: value } : [value];
  return value;
};

/** What stands for a file among the arguments, right and wrong. */
const handle = fc.record(
  {
    kind: fc.constantFrom('client_stream', 'presigned_request', 'local_path', 'nonsense', '__proto__', null),
    uuid: fc.oneof(fc.uuid(), text, fc.constant(null)),
    x_jmp_content_encoding: fc.constantFrom(null, 'gzip', 'xz', 'lzma', '', 7),
    headers: fc.oneof(
      fc.constant({}),
      fc.dictionary(text, fc.constantFrom('', 'b\r\nc: d', '\0'), { maxKeys: 3 }),
      fc.constant('no headers'),
    ),
    // Nobody listens there: the exporter would ask, if it was told to.
    url: fc.constantFrom(
      'http://127.0.0.1:1/x',
      'https://[::1]:1/',
      'file:///etc/passwd',
      'http://',
      'ftp://127.0.0.1:1',
    ),
    method: fc.constantFrom('GET', 'PUT', 'DELETE', ''),
    path: fc.constantFrom('/etc/passwd', '', '/dev/zero', '\0'),
    [`$jumpstarter_resource`]: text,
  },
  { requiredKeys: ['kind'] },
);

/** JSON of every shape. */
export const anyJson: fc.Arbitrary<unknown> = fc.oneof(
  { weight: 3, arbitrary: fc.jsonValue({ maxDepth: 4 }) },
  { weight: 3, arbitrary: text },
  { weight: 2, arbitrary: number },
  { weight: 3, arbitrary: handle },
  {
    weight: 2,
    arbitrary: fc.dictionary(
      fc.constantFrom(
        'mode',
        'deadline',
        'from',
        'takeOver',
        '__proto__',
        'constructor',
        'then',
        'toJSON',
        'length',
      ),
      fc.oneof(text, number, fc.constant(null), fc.constant({ polluted: true }), fc.constant([])),
      { maxKeys: 5 },
    ),
  },
  {
    weight: 1,
    arbitrary: fc.constantFrom(
      nested(29),
      nested(40),
      Array.from({ length: 20_000 }, () => null),
      Object.fromEntries(Array.from({ length: 20_000 }, (_, index) => [`key${index}`, index])),
      JSON.parse('{"__proto__": {"polluted": true}, "constructor": {"prototype": {"polluted": true}}}'),
    ),
  },
);

const plain = (value: unknown): MessageInitShape<typeof ValueSchema>['kind'] => {
  if (value === null || value === undefined) return { case: 'nullValue', value: 0 };
  if (typeof value === 'string') return { case: 'stringValue', value };
  if (typeof value === 'number') return { case: 'numberValue', value };
  if (typeof value === 'boolean') return { case: 'boolValue', value };
  if (Array.isArray(value))
    return { case: 'listValue', value: { values: value.map((item) => ({ kind: plain(item) })) } };
  const fields = Object.entries(value).map(([key, item]) => [
    key,
    create(ValueSchema, { kind: plain(item) }),
  ]);
  return { case: 'structValue', value: { fields: Object.fromEntries(fields) } };
};

/** `value` as a `google.protobuf.Value`, without any of the checks that our own client makes. */
export const looseValue = (value: unknown): Value => create(ValueSchema, { kind: plain(value) });

/** Values that JSON does not have. */
const beyondJson: fc.Arbitrary<Value> = fc.oneof(
  fc
    .constantFrom(Number.NaN, Number.POSITIVE_INFINITY, Number.NEGATIVE_INFINITY)
    .map((value) => create(ValueSchema, { kind: { case: 'numberValue', value } })),
  fc.constant(create(ValueSchema)),
  fc.constant(create(ValueSchema, { kind: { case: 'listValue', value: { values: [create(ValueSchema)] } } })),
  fc.constant(
    create(ValueSchema, { kind: { case: 'structValue', value: { fields: { a: create(ValueSchema) } } } }),
  ),
  fc.constantFrom(60, 90).map((depth) => looseValue(nested(depth))),
);

/** The arguments of a call. */
export const someArguments: fc.Arbitrary<Value[]> = fc.array(
  fc.oneof({ weight: 6, arbitrary: anyJson.map(looseValue) }, { weight: 1, arbitrary: beyondJson }),
  { maxLength: 4 },
);

/** `bytes` with some of them changed, left out, or there twice. */
export const mutations = (bytes: fc.Arbitrary<Uint8Array>): fc.Arbitrary<Uint8Array> =>
  fc
    .tuple(
      bytes,
      fc.array(fc.tuple(fc.nat(), fc.nat(255), fc.constantFrom('set', 'cut', 'double')), { maxLength: 6 }),
    )
    .map(([original, changes]) =>
      changes.reduce<Uint8Array>((all, [where, byte, how]) => {
        const at = where % Math.max(1, all.length);
        if (how === 'cut') return all.subarray(0, at);
        if (how === 'double') return Buffer.concat([all.subarray(0, at), all.subarray(at >> 1)]);
        return Buffer.concat([all.subarray(0, at), Buffer.of(byte), all.subarray(at + 1)]);
      }, original),
    );

/** A `Value` that is nested so deep that reading it must be given up: no recursion may be as deep as a peer likes. */
export function bottomless(depth: number): Buffer {
  const length = (value: number) => {
    const bytes = [];
    for (let rest = value; ; rest >>>= 7) {
      if (rest < 128) return Buffer.from([...bytes, rest]);
      bytes.push((rest & 127) | 128);
    }
  };
  let inner = Buffer.from(toBinary(ValueSchema, looseValue(null)));
  const pieces: Buffer[] = [inner];
  let size = inner.length;
  for (let level = 0; level < depth; level++) {
    const list = Buffer.concat([Buffer.of(0x0a), length(size)]);
    const value = Buffer.concat([Buffer.of(0x32), length(size + list.length)]);
    pieces.push(list, value);
    size += list.length + value.length;
  }
  inner = Buffer.concat(pieces.toReversed());
  return inner;
}
