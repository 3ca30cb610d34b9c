import { connect as connectHttp2, type OutgoingHttpHeaders } from 'node:http2';
import { connect } from 'node:net';
import { toBinary } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { DriverCallRequestSchema, ExporterService } from '../../src/rpc/gen/jumpstarter/v1/jumpstarter_pb.ts';
import { methodPath } from '../../src/rpc/grpc/service.ts';
import { decodeMessage } from '../../src/rpc/grpc/trailers.ts';
import { checkAnswer, checkRecovered, fuzz, openRange, type Range, TIMEOUT } from './fuzzing.ts';
import { bottomless, mutations, someArguments } from './nasty-values.ts';

let range: Range;
beforeAll(async () => {
  range = await openRange();
});
afterAll(() => range.victim[Symbol.asyncDispose]());

interface Call {
  readonly path: string;
  readonly type: string;
  readonly headers: Readonly<Record<string, string>>;
  /** The body, and where it is cut into pieces. */
  readonly body: Uint8Array;
  readonly cuts: readonly number[];
  /** Whether the client says that this was all. */
  readonly ends: boolean;
}

/** Makes a call by HTTP/2 alone. Resolves with its trailers, or with nothing when it has none, or when `patience` is over. */
async function ask(
  { path, type, headers, body, cuts, ends }: Call,
  patience?: () => Promise<void>,
): Promise<string | undefined> {
  const session = connectHttp2('http://localhost', {
    createConnection: () => connect(range.victim.place.socket),
  }).on('error', () => undefined);
  const { promise, resolve } = Promise.withResolvers<string | undefined>();
  const fields: OutgoingHttpHeaders = {
    ...headers,
    ':method': 'POST',
    ':path': path,
    'content-type': type,
    te: 'trailers',
  };
  const request = session.request(fields).on('error', () => undefined);
  const look = ({ 'grpc-status': status, 'grpc-message': message }: Record<string, unknown>) => {
    if (status !== undefined) resolve(`${status}: ${decodeMessage(String(message ?? ''))}`);
  };
  request
    .on('response', look)
    .on('trailers', look)
    .once('close', () => resolve(undefined));
  request.resume();
  let at = 0;
  for (const cut of [...cuts.map((one) => one % (body.length + 1)).toSorted((a, b) => a - b), body.length]) {
    request.write(body.subarray(at, cut));
    at = cut;
  }
  if (ends) request.end();
  const status = await Promise.race([promise, ...(patience ? [patience().then(() => undefined)] : [])]);
  session.destroy();
  if (status !== undefined) checkAnswer(status);
  return status;
}

const framed = (message: Uint8Array, flag = 0, length = message.length) => {
  const prefix = Buffer.alloc(5, flag);
  prefix.writeUInt32BE(length, 1);
  return Buffer.concat([prefix, message]);
};
const request = fc
  .record({
    uuid: fc.nat(12),
    method: fc.constantFrom('on', 'off', 'read', 'flash', 'describe', ''),
    args: someArguments,
  })
  .map(({ uuid, ...others }) => {
    const nodes = [...range.victim.root.children.values()];
    const message = { uuid: nodes[uuid % nodes.length]?.uuid ?? '', ...others };
    return toBinary(DriverCallRequestSchema, { $typeName: DriverCallRequestSchema.typeName, ...message });
  });
const message = fc.oneof(request, mutations(request), fc.uint8Array({ maxLength: 300 }));
const body = fc.oneof(
  { weight: 5, arbitrary: message.map((one) => framed(one)) },
  {
    weight: 1,
    arbitrary: fc.tuple(message, fc.constantFrom(1, 2, 255)).map(([one, flag]) => framed(one, flag)),
  },
  {
    weight: 2,
    arbitrary: fc
      .tuple(message, fc.constantFrom(0, 1, 4 * 2 ** 20, 4 * 2 ** 20 + 1, 2 ** 32 - 1))
      .map(([one, length]) => framed(one, 0, length)),
  },
  {
    weight: 1,
    arbitrary: fc.array(message, { maxLength: 4 }).map((all) => Buffer.concat(all.map((one) => framed(one)))),
  },
  { weight: 1, arbitrary: fc.uint8Array({ maxLength: 40 }) },
  { weight: 1, arbitrary: fc.constantFrom(90, 200, 400_000).map((depth) => framed(deepRequest(depth))) },
);

/** A call whose argument is nested so deep. */
function deepRequest(depth: number): Buffer {
  const value = bottomless(depth);
  const length = [];
  let rest = value.length;
  for (; rest > 127; rest >>>= 7) length.push((rest & 127) | 128);
  return Buffer.concat([Buffer.from([0x1a, ...length, rest]), value]);
}

const call: fc.Arbitrary<Call> = fc.record({
  path: fc.constantFrom(
    ...Object.values(ExporterService.method).map(methodPath),
    methodPath(ExporterService.method.driverCall),
    '/jumpstarter.v1.RouterService/Stream',
    '/jumpstarter.v1.ControllerService/Register',
    '//',
  ),
  type: fc.oneof(
    { weight: 8, arbitrary: fc.constant('application/grpc') },
    fc.constantFrom(
      'application/grpc+proto',
      'application/grpc+json',
      'application/grpc-web',
      'text/plain',
      '',
    ),
  ),
  headers: fc.dictionary(
    fc.constantFrom(
      'grpc-timeout',
      'grpc-encoding',
      'request',
      'jumplead-options',
      'jumplead-local',
      'x-a-bin',
      'grpc-status',
    ),
    fc.constantFrom(
      '1n',
      '0S',
      '99999999H',
      '1',
      'gzip',
      '{',
      '{"kind":"driver","uuid":"","method":""}',
      '=',
      '\u00ff',
    ),
    { maxKeys: 4 },
  ),
  body,
  cuts: fc.array(fc.nat(), { maxLength: 6 }),
  ends: fc.boolean(),
});

test('whatever a call consists of, it is answered or waits for the rest', { timeout: TIMEOUT }, async () => {
  const usual = {
    path: methodPath(ExporterService.method.driverCall),
    type: 'application/grpc',
    headers: {},
    cuts: [],
    ends: true,
  };
  const { victim } = range;
  // A call that waits for more is given up, once somebody else has got an answer.
  const patience = () => victim.checkHonest().then(() => victim.checkHonest());
  await fuzz(victim, call, async (one) => void (await ask(one, patience)), {
    runs: 100,
    examples: [
      { ...usual, body: framed(deepRequest(400_000)) },
      // The answer told the class of our error.
      { ...usual, body: Buffer.from([0, 0, 0, 0, 1, 32]) },
    ],
  });
  await checkRecovered(range);
});

test('a message comes whole, wherever it is cut', { timeout: TIMEOUT }, async () => {
  const message = toBinary(DriverCallRequestSchema, {
    $typeName: DriverCallRequestSchema.typeName,
    uuid: range.victim.root.children.get('power')?.uuid ?? '',
    method: 'on',
    args: [],
  });
  const whole = framed(message);
  for (let at = 1; at < whole.length; at++) {
    const usual = {
      path: methodPath(ExporterService.method.driverCall),
      type: 'application/grpc',
      headers: {},
    };
    expect(await ask({ ...usual, body: whole, cuts: [at], ends: true })).toBe('0: ');
  }
});
