/** HTTP/2 by hand: for what no library would send. */
import fc from 'fast-check';

/** What a client begins with. */
export const PREFACE: Buffer = Buffer.from('PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n');

/** The types of frames, as in RFC 9113. */
export const Type = {
  DATA: 0,
  HEADERS: 1,
  PRIORITY: 2,
  RST_STREAM: 3,
  SETTINGS: 4,
  PUSH_PROMISE: 5,
  PING: 6,
  GOAWAY: 7,
  WINDOW_UPDATE: 8,
  CONTINUATION: 9,
} as const;

/** A frame; its length is that of the payload unless it lies. */
export function frame(
  type: number,
  flags: number,
  stream: number,
  payload: Uint8Array,
  length = payload.length,
) {
  const head = Buffer.alloc(9);
  head.writeUIntBE(length & 0xff_ffff, 0, 3);
  head[3] = type;
  head[4] = flags;
  head.writeUInt32BE(stream >>> 0, 5);
  return Buffer.concat([head, payload]);
}

/** Fields in HPACK, as literals that are never indexed. */
export function fields(all: readonly (readonly [string, string])[]): Buffer {
  return Buffer.concat(all.map(([name, value]) => Buffer.concat([Buffer.of(0x10), text(name), text(value)])));
}

function text(value: string): Buffer {
  const bytes = Buffer.from(value, 'latin1');
  if (bytes.length < 127) return Buffer.concat([Buffer.of(bytes.length), bytes]);
  const length = [127];
  let rest = bytes.length - 127;
  for (; rest > 127; rest >>>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([...length, rest]), bytes]);
}

/** The headers of a gRPC call. */
export function callFields(path: string, extra: readonly (readonly [string, string])[] = []): Buffer {
  return fields([
    [':method', 'POST'],
    [':scheme', 'http'],
    [':authority', 'localhost'],
    [':path', path],
    ['te', 'trailers'],
    ['content-type', 'application/grpc'],
    ...extra,
  ]);
}

const u32 = (value: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(value >>> 0);
  return bytes;
};

const setting = (id: number, value: number) => Buffer.concat([Buffer.of(id >> 8, id & 255), u32(value)]);

const service = '/jumpstarter.v1.ExporterService';
const path = fc.constantFrom(
  `${service}/GetReport`,
  `${service}/DriverCall`,
  `${service}/StreamingDriverCall`,
  `${service}/LogStream`,
  `${service}/GetStatus`,
  `${service}/Nothing`,
  '/jumpstarter.v1.RouterService/Stream',
  '/',
  '*',
  '',
);
const stream = fc.oneof(
  { weight: 8, arbitrary: fc.integer({ min: 0, max: 4 }).map((count) => 2 * count + 1) },
  { weight: 2, arbitrary: fc.nat(12) },
  { weight: 1, arbitrary: fc.nat(0xffff_ffff) },
);
const number = fc.oneof(fc.nat(70_000), fc.nat(0xffff_ffff), fc.constantFrom(0, 1, 0x7fff_ffff, 0xffff_ffff));
const bytes = (maxLength: number) => fc.uint8Array({ maxLength }).map((some) => Buffer.from(some));
const flags = fc.constantFrom(0, 1, 4, 5, 8, 0x20, 0x2d, 255);

const header = fc.tuple(
  fc.oneof(
    fc.constantFrom(
      'x-jumpstarter-passphrase',
      'request',
      'grpc-timeout',
      'grpc-encoding',
      '__proto__',
      'constructor',
      ':path',
      ':status',
      'content-type',
      'content-length',
      'connection',
      'transfer-encoding',
      'te',
      'a-bin',
      'UPPER',
      '',
    ),
    fc.string({ maxLength: 20 }),
  ),
  fc.oneof(
    fc.constantFrom('sesame', '1n', '99999999999H', '-1S', 'gzip', '{"kind":"driver"}', '\0', '\r\nx: y'),
    fc.string({ maxLength: 60 }),
    fc.constantFrom(100, 5_000, 15_000).map((length) => 'x'.repeat(length)),
  ),
);

/** A message with the prefix of gRPC, or something like it. */
const grpc = fc
  .record({
    flag: fc.constantFrom(0, 0, 0, 1, 255),
    length: fc.option(number, { nil: undefined }),
    body: bytes(200),
  })
  .map(({ flag, length, body }) => Buffer.concat([Buffer.of(flag), u32(length ?? body.length), body]));

const payloads: Readonly<Record<keyof typeof Type, fc.Arbitrary<Buffer>>> = {
  DATA: fc.oneof(grpc, bytes(100), fc.constantFrom(Buffer.alloc(0), Buffer.alloc(16_384), Buffer.alloc(5))),
  HEADERS: fc.oneof(
    { weight: 3, arbitrary: path.map((name) => callFields(name)) },
    {
      weight: 2,
      arbitrary: fc
        .tuple(path, fc.array(header, { maxLength: 6 }))
        .map(([name, extra]) => callFields(name, extra)),
    },
    { weight: 1, arbitrary: fc.array(header, { maxLength: 10 }).map(fields) },
    { weight: 1, arbitrary: bytes(200) },
    // References to a table that is not there, and changes of its size.
    {
      weight: 1,
      arbitrary: fc.constantFrom(
        Buffer.alloc(1_000, 0xff),
        Buffer.alloc(2_000, 0xbf),
        Buffer.from('3fe1ffff7f', 'hex'),
        Buffer.concat([Buffer.of(0x40), text('a'), text('b'.repeat(4_000)), Buffer.alloc(10_000, 0xbe)]),
      ),
    },
  ),
  PRIORITY: fc.oneof(bytes(6), fc.constant(Buffer.from([0, 0, 0, 1, 1]))),
  RST_STREAM: number.map(u32),
  SETTINGS: fc.oneof(
    fc
      .array(
        fc.tuple(fc.nat(10), number).map(([id, value]) => setting(id, value)),
        { maxLength: 5 },
      )
      .map((all) => Buffer.concat(all)),
    bytes(10),
  ),
  PUSH_PROMISE: bytes(20),
  PING: fc.oneof(fc.constant(Buffer.alloc(8)), bytes(12)),
  GOAWAY: fc.oneof(fc.constant(Buffer.alloc(8)), bytes(30)),
  WINDOW_UPDATE: number.map(u32),
  CONTINUATION: fc.oneof(
    bytes(50),
    header.map((one) => fields([one])),
  ),
};

const oneFrame: fc.Arbitrary<Buffer> = fc.oneof(
  ...(Object.keys(Type) as (keyof typeof Type)[]).map((name) => ({
    weight: name === 'HEADERS' || name === 'DATA' ? 4 : 1,
    arbitrary: fc
      .tuple(flags, stream, payloads[name], fc.option(number, { nil: undefined, freq: 12 }))
      .map(([flag, id, payload, length]) => frame(Type[name], flag, id, payload, length)),
  })),
  {
    weight: 1,
    arbitrary: fc
      .tuple(fc.nat(255), flags, stream, bytes(30))
      .map(([type, flag, id, payload]) => frame(type, flag, id, payload)),
  },
  { weight: 1, arbitrary: bytes(100) },
);

/** The same over and over; streams are opened one after the other. */
const flood: fc.Arbitrary<Buffer> = fc
  .tuple(fc.integer({ min: 2, max: 3_000 }), fc.nat(6))
  .chain(([count, what]) => {
    const ids = Array.from({ length: count }, (_, index) => 2 * index + 1);
    const open = (id: number, flag: number) =>
      frame(Type.HEADERS, flag, id, callFields(`${service}/GetReport`));
    const floods = [
      () => ids.map((id) => Buffer.concat([open(id, 4), frame(Type.RST_STREAM, 0, id, u32(8))])),
      () => ids.map((id) => Buffer.concat([open(id, 4), frame(Type.DATA, 1, id, Buffer.alloc(5))])),
      () => ids.map(() => frame(Type.PING, 0, 0, Buffer.alloc(8))),
      () => ids.map(() => frame(Type.SETTINGS, 0, 0, Buffer.alloc(0))),
      () => [open(1, 0), ...ids.map(() => frame(Type.CONTINUATION, 0, 1, fields([['a', 'b']])))],
      () => [open(1, 4), ...ids.map(() => frame(Type.DATA, 0, 1, Buffer.alloc(0)))],
      () => ids.map((id) => frame(Type.WINDOW_UPDATE, 0, id % 3, u32(1))),
    ];
    return fc.constant(Buffer.concat((floods[what] ?? (() => []))()));
  });

/** What a client sends on one connection, and how it leaves: by an end, or by breaking off. */
export interface Conversation {
  readonly pieces: readonly Buffer[];
  readonly way: 'unix' | 'tcp' | 'tls';
  readonly leaves: 'end' | 'reset';
}

const mutated = fc
  .tuple(
    fc.array(oneFrame, { minLength: 1, maxLength: 6 }),
    fc.array(fc.tuple(fc.nat(), fc.nat(255)), { maxLength: 5 }),
  )
  .map(([all, changes]) => {
    const whole = Buffer.concat(all);
    for (const [at, byte] of changes) whole[at % Math.max(1, whole.length)] = byte;
    return [whole];
  });

/** Anything from noise to a proper conversation. */
export const conversation: fc.Arbitrary<Conversation> = fc.record({
  pieces: fc
    .tuple(
      fc.oneof({ weight: 9, arbitrary: fc.constant(true) }, { weight: 1, arbitrary: fc.constant(false) }),
      fc.oneof(
        { weight: 6, arbitrary: fc.array(oneFrame, { maxLength: 12 }) },
        { weight: 3, arbitrary: mutated },
        { weight: 2, arbitrary: flood.map((one) => [one]) },
        { weight: 1, arbitrary: fc.array(bytes(300), { maxLength: 4 }) },
      ),
    )
    .map(([polite, rest]) =>
      polite ? [PREFACE, frame(Type.SETTINGS, 0, 0, Buffer.alloc(0)), ...rest] : rest,
    ),
  way: fc.constantFrom('unix', 'tcp', 'tls'),
  leaves: fc.constantFrom('end', 'end', 'reset'),
});
