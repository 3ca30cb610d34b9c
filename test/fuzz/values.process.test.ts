import { create } from '@bufbuild/protobuf';
import { type Value, ValueSchema } from '@bufbuild/protobuf/wkt';
import fc from 'fast-check';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { decodeDetail } from '../../src/rpc/error-detail.ts';
import { ExporterService } from '../../src/rpc/gen/jumpstarter/v1/jumpstarter_pb.ts';
import { FrameType } from '../../src/rpc/gen/jumpstarter/v1/router_pb.ts';
import { type Channel, createChannel, GrpcError } from '../../src/rpc/grpc/index.ts';
import type { ReportNode } from '../../src/rpc/report.ts';
import { checkAnswer, checkRecovered, fuzz, openRange, type Range, TIMEOUT } from './fuzzing.ts';
import { anyJson, looseValue, someArguments } from './nasty-values.ts';

const { driverCall, streamingDriverCall } = ExporterService.method;

let range: Range;
let channel: Channel;
let methods: { readonly uuid: string; readonly method: string }[];
beforeAll(async () => {
  range = await openRange();
  channel = createChannel({ path: range.victim.place.socket });
  methods = allMethods(range.victim.root);
});
afterAll(() => range.victim[Symbol.asyncDispose]());

const allMethods = (node: ReportNode): { uuid: string; method: string }[] => [
  ...Object.keys(node.methods).map((method) => ({ uuid: node.uuid, method })),
  ...[...node.children.values()].flatMap(allMethods),
];

/** Also a type that does not exist. */
const FRAMES = [FrameType.DATA, FrameType.RST_STREAM, FrameType.PING, FrameType.GOAWAY, 9 as FrameType];

/** A method of any driver, or the name of none. */
const target = fc.tuple(
  fc.nat(),
  fc.oneof(
    { weight: 15, arbitrary: fc.constant(undefined) },
    fc.constantFrom('__proto__', 'then', 'toString', ''),
  ),
);
const find = ([index, other]: [number, string | undefined]) => {
  const found = methods[index % methods.length] ?? { uuid: '', method: '' };
  return other === undefined ? found : { ...found, method: other };
};

/** How a call ends, which may be that it goes on: then it is given up, once somebody else has got an answer. */
async function outcome(start: (signal: AbortSignal) => Promise<unknown>): Promise<void> {
  const enough = new AbortController();
  const answer = start(enough.signal).then(
    (value) =>
      checkAnswer(JSON.stringify(value, (_, item) => (typeof item === 'bigint' ? `${item}` : item)) ?? ''),
    (error: unknown) => checkFailure(error, enough.signal),
  );
  const { victim } = range;
  await Promise.race([answer, victim.checkHonest().then(() => victim.checkHonest())]);
  enough.abort('enough');
  await answer;
}

function checkFailure(error: unknown, { reason }: AbortSignal): void {
  if (error === reason) return;
  if (!(error instanceof GrpcError)) throw error;
  checkAnswer(error.details);
  const detail = decodeDetail(error.metadata['jumplead-error-bin'] ?? '');
  if (detail) checkAnswer(JSON.stringify(detail));
  // A mistake of the caller's is never put down to us.
  expect(detail?.code, error.details).not.toBe('internal');
}

test('whatever the arguments of a call are, it is answered; a mistake is never called ours', {
  timeout: TIMEOUT,
}, async () => {
  const attack = fc.record<{ target: [number, string | undefined]; args: Value[]; kind: string }>({
    target,
    args: someArguments,
    kind: fc.constantFrom('unary', 'unary', 'stream'),
  });
  await fuzz(
    range.victim,
    attack,
    async ({ target, args, kind }) => {
      const request = { ...find(target), args };
      await outcome((signal) =>
        kind === 'unary'
          ? channel.unary(driverCall, request, { signal })
          : Array.fromAsync(channel.serverStream(streamingDriverCall, request, { signal })),
      );
    },
    {
      runs: 300,
      examples: [
        // The answer was an incident: NaN, and a list with a value of no kind.
        {
          target: [0, undefined],
          args: [create(ValueSchema, { kind: { case: 'numberValue', value: Number.NaN } })],
          kind: 'unary',
        },
        {
          target: [0, undefined],
          args: [
            create(ValueSchema, { kind: { case: 'listValue', value: { values: [create(ValueSchema)] } } }),
          ],
          kind: 'unary',
        },
        // It took seconds, in which nobody else was served.
        { target: [0, undefined], args: [looseValue('\u00e4'.repeat(2_000_000))], kind: 'unary' },
      ],
    },
  );
});

test('whatever the metadata of a stream is, it is answered', { timeout: TIMEOUT }, async () => {
  const attack = fc.record({
    target,
    request: fc.oneof(
      { weight: 3, arbitrary: fc.record({ kind: fc.constantFrom('driver', 'resource', '__proto__', 1) }) },
      { weight: 1, arbitrary: anyJson },
    ),
    options: fc.oneof(anyJson, fc.constant(undefined)),
    noise: fc.option(fc.string({ unit: 'grapheme-ascii', maxLength: 30 }), { freq: 5 }),
    payload: fc.uint8Array({ maxLength: 50 }),
    type: fc.constantFrom(...FRAMES),
  });
  const ascii = (value: unknown) =>
    (JSON.stringify(value) ?? '').replace(/[^\x20-\x7e]/g, '?').slice(0, 7_000);
  await fuzz(
    range.victim,
    attack,
    async ({ target, request, options, noise, payload, type }) => {
      const whole = typeof request === 'object' ? { ...find(target), ...request } : request;
      const metadata = {
        request: noise ?? ascii(whole),
        ...(options !== undefined && { 'jumplead-options': ascii(options) }),
      };
      await outcome(async (signal) => {
        const frames = await channel.openFrames({ metadata, signal });
        await frames.write({ type, payload });
        frames.end();
        const all = [];
        for await (const { payload } of frames) all.push(payload.length);
        return all;
      });
    },
    { runs: 200 },
  );
  await channel.close();
  await checkRecovered(range);
});
