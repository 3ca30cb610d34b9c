import { expect, test } from 'vitest';
import { z } from 'zod';
import type { Log } from '../../src/core/index.ts';
import { defineDriver, group } from '../../src/driver/index.ts';
import { fakePower } from '../../src/drivers/fake/index.ts';
import { arg, call, defineInterface, stream } from '../../src/interfaces/index.ts';
import { ExporterService, type LogStreamResponse } from '../../src/rpc/gen/jumpstarter/v1/jumpstarter_pb.ts';
import { encodeValue } from '../../src/rpc/values.ts';
import { openRaw, type RawSession, statusOf } from './raw-session.ts';

const Bench = defineInterface(
  'bench.v1',
  { pythonClient: 'jumpstarter_driver_composite.client.CompositeClient', category: 'other' },
  {
    setSpeed: call('Set the speed', {
      args: [arg('speed', z.int().min(1).max(9)), arg('unit', z.enum(['rpm', 'hz']).nullish())],
      returns: z.string(),
    }),
    tell: call('Write to the log', { returns: z.null() }),
    hang: call('Wait until the caller gives up', { returns: z.null() }),
    lie: call('Answer with the wrong thing', { returns: z.string() }),
    tick: stream('Numbers without end', { returns: z.number() }),
    absent: call('What the driver forgot', { returns: z.null() }),
  },
);

interface BenchState {
  readonly hanging: PromiseWithResolvers<AbortSignal>;
  readonly ticking: PromiseWithResolvers<AbortSignal>;
}

function bench(state: BenchState) {
  const make = defineDriver({
    name: 'bench',
    interface: Bench,
    config: z.undefined(),
    open: () => {
      const handlers = {
        setSpeed: async (speed: number, unit: string | null | undefined) => `${speed} ${unit ?? 'rpm'}`,
        tell: async ({ log }: { log: Log }) => {
          log.info({ size: 5n, seen: { lines: 3 }, err: new Error('hot') }, 'told');
          log.error(new Error('burnt'));
          return null;
        },
        hang: async ({ signal }: { signal: AbortSignal }) => {
          state.hanging.resolve(signal);
          await new Promise((_, reject) => signal.addEventListener('abort', () => reject(signal.reason)));
          return null;
        },
        lie: async () => 12 as unknown as string, // SAFE: the mistake under test
        tick: async function* ({ signal }: { signal: AbortSignal }) {
          state.ticking.resolve(signal);
          for (let number = 0; ; number++) {
            signal.throwIfAborted();
            yield number;
          }
        },
      };
      return handlers as typeof handlers & { absent: () => Promise<null> }; // SAFE: the mistake under test
    },
  });
  return make();
}

function newState(): BenchState {
  return { hanging: Promise.withResolvers(), ticking: Promise.withResolvers() };
}

const open = (state = newState()): Promise<RawSession> =>
  openRaw(group({ bench: bench(state), power: fakePower() }));

test('a call finds its method and its arguments', async () => {
  await using raw = await open();
  expect(await raw.call('bench', 'set_speed', [3, 'hz'])).toBe('3 hz');
  expect(await raw.call('bench', 'set_speed', [3, null])).toBe('3 rpm');
  expect(await raw.call('bench', 'set_speed', [3])).toBe('3 rpm');
});

test('a call without an answer is answered with an explicit null', async () => {
  await using raw = await open();
  const request = { uuid: raw.uuid('power').toUpperCase(), method: 'on', args: [] };
  const { result, uuid } = await raw.channel.unary(ExporterService.method.driverCall, request);
  expect(result?.kind.case).toBe('nullValue');
  expect(uuid).toMatch(/^[0-9a-f-]{36}$/);
});

test('what is not there, or of another kind, is NOT_FOUND in the words that stock clients know', async () => {
  await using raw = await open();
  expect(await statusOf(raw.call('bench', 'fly'))).toBe('NOT_FOUND: method fly not found on driver');
  expect(await statusOf(raw.call('bench', 'setSpeed'))).toBe(
    'NOT_FOUND: method setSpeed not found on driver',
  );
  expect(await statusOf(raw.call('bench', 'constructor'))).toBe(
    'NOT_FOUND: method constructor not found on driver',
  );
  expect(await statusOf(raw.call('bench', 'absent'))).toBe('NOT_FOUND: method absent not found on driver');
  expect(await statusOf(raw.call('bench', 'tick'))).toBe(
    'NOT_FOUND: method tick missing marker marker_drivercall',
  );
  const items = raw.channel.serverStream(ExporterService.method.streamingDriverCall, {
    uuid: raw.uuid('bench'),
    method: 'hang',
  });
  expect(await statusOf(Array.fromAsync(items))).toBe(
    'NOT_FOUND: method hang missing marker marker_streamingdrivercall',
  );
  expect(await statusOf(raw.open({ kind: 'driver', uuid: raw.uuid('bench'), method: 'hang' }))).toBe(
    'NOT_FOUND: method hang missing marker marker_streamcall',
  );
});

test('an unknown driver is NOT_FOUND', async () => {
  await using raw = await open();
  const request = { uuid: 'nonsense', method: 'on', args: [] };
  expect(await statusOf(raw.channel.unary(ExporterService.method.driverCall, request))).toBe(
    'NOT_FOUND: this session has no driver nonsense: read its report again',
  );
});

test.for([
  [[], 'INVALID_ARGUMENT: bench.setSpeed: argument speed: missing; '],
  [[1, 'rpm', 3], 'INVALID_ARGUMENT: bench.setSpeed takes 2 (speed, unit), got 3'],
  [[12], 'INVALID_ARGUMENT: bench.setSpeed: argument speed: got 12; '],
  [[1.5], 'INVALID_ARGUMENT: bench.setSpeed: argument speed: got 1.5; '],
  [[1, 'mph'], 'INVALID_ARGUMENT: bench.setSpeed: argument unit: got "mph"; allowed: rpm, hz'],
] as const)('wrong arguments %j are named', async ([args, status]) => {
  await using raw = await open();
  expect(await statusOf(raw.call('bench', 'set_speed', args))).toContain(status);
});

test('an answer that the interface does not allow is an error of the driver', async () => {
  await using raw = await open();
  expect(await statusOf(raw.call('bench', 'lie'))).toMatch(
    /^UNKNOWN: bench.lie: the driver answered what its interface does not allow/,
  );
});

test('a caller that gives up ends the handler', async () => {
  const state = newState();
  await using raw = await open(state);
  const caller = new AbortController();
  const request = { uuid: raw.uuid('bench'), method: 'hang', args: [] };
  const pending = raw.channel.unary(ExporterService.method.driverCall, request, { signal: caller.signal });
  const signal = await state.hanging.promise;
  const aborted = new Promise((resolve) => signal.addEventListener('abort', resolve));
  caller.abort(new Error('enough'));
  await expect(pending).rejects.toThrow('enough');
  await aborted;
});

test('a caller that leaves a stream ends the handler', async () => {
  const state = newState();
  await using raw = await open(state);
  const request = { uuid: raw.uuid('bench'), method: 'tick', args: [] };
  for await (const { result } of raw.channel.serverStream(
    ExporterService.method.streamingDriverCall,
    request,
  )) {
    if (result?.kind.case === 'numberValue' && result.kind.value === 3) break;
  }
  const signal = await state.ticking.promise;
  if (!signal.aborted) await new Promise((resolve) => signal.addEventListener('abort', resolve));
});

test('calls wait for the exporter to be ready; what is no driver call does not', async () => {
  await using raw = await openRaw(fakePower(), { status: { state: 'AVAILABLE', message: '' } });
  expect(await statusOf(raw.call('', 'on'))).toBe(
    'FAILED_PRECONDITION: Exporter not ready for driver calls (status: AVAILABLE)',
  );
  raw.session.status.update('BEFORE_LEASE_HOOK');
  expect(await raw.call('', 'on')).toBeNull();
});

test('the status has a version that grows with each change', async () => {
  await using raw = await openRaw(fakePower());
  const status = () => raw.channel.unary(ExporterService.method.getStatus, {});
  expect(await status()).toMatchObject({ status: 4, message: '', statusVersion: 1n, previousStatus: 2 });
  raw.session.status.update('LEASE_READY', 'again');
  expect(await status()).toMatchObject({ status: 4, message: 'again', statusVersion: 2n, previousStatus: 4 });
});

test('there is no lease to end, and nothing to reset', async () => {
  await using raw = await openRaw(fakePower());
  expect(await raw.channel.unary(ExporterService.method.endSession, {})).toMatchObject({
    success: false,
    message: 'No active lease context',
  });
  expect(await statusOf(raw.channel.unary(ExporterService.method.reset, {}))).toMatch(/^UNIMPLEMENTED: /);
});

test('the log tells of operations, and keeps the newest 256 entries for a reader to come', async () => {
  await using raw = await open();
  for (let count = 0; count < 150; count++) await raw.call('power', 'on');
  await statusOf(raw.call('bench', 'set_speed', [12]));
  const entries = [];
  const stop = new AbortController();
  const reading = raw.channel.serverStream(ExporterService.method.logStream, {}, { signal: stop.signal });
  for await (const entry of reading) {
    entries.push(entry);
    if (entry.message === 'Operation failed') break;
  }
  expect(entries).toHaveLength(256);
  expect(entries.at(-1)).toMatchObject({
    severity: 'ERROR',
    source: 1,
    driverType: 'other',
    operation: 'set_speed',
    structuredFields: { result: 'failure', error_type: 'validation_error' },
  });
  expect(entries[1]).toMatchObject({ severity: 'INFO', driverType: 'power', operation: 'on' });
});

test('a reader of the log is told at once', async () => {
  await using raw = await openRaw(fakePower());
  const reading = raw.channel.serverStream(ExporterService.method.logStream, {})[Symbol.asyncIterator]();
  const first = reading.next();
  await raw.call('', 'on');
  expect((await first).value).toMatchObject({ message: 'Operation started', operation: 'on' });
  await reading.return?.();
});

test('what a driver logs reaches the readers, whatever it is', async () => {
  await using raw = await open();
  await raw.call('bench', 'tell');
  const entries = await logUntil(raw, 'Operation completed');
  expect(entries.slice(1, 3)).toMatchObject([
    { severity: 'INFO', message: 'told', structuredFields: { size: '5n', seen: '{"lines":3}', err: 'hot' } },
    { severity: 'ERROR', message: 'burnt', structuredFields: {} },
  ]);
});

test('the log tells of the end of a stream whose reader has left', async () => {
  await using raw = await open();
  const request = { uuid: raw.uuid('bench'), method: 'tick', args: [] };
  const items = raw.channel.serverStream(ExporterService.method.streamingDriverCall, request);
  for await (const _ of items) break;
  const entries = await logUntil(raw, 'Operation completed');
  expect(entries.map(({ operation }) => operation)).toEqual(['tick', 'tick']);
});

/** The entries of the log up to the first that says `message`. */
async function logUntil(raw: RawSession, message: string): Promise<LogStreamResponse[]> {
  const entries: LogStreamResponse[] = [];
  for await (const entry of raw.channel.serverStream(ExporterService.method.logStream, {})) {
    entries.push(entry);
    if (entry.message === message) break;
  }
  return entries;
}

test('every reader of the log gets all of it', async () => {
  await using raw = await openRaw(fakePower());
  const read = () => raw.channel.serverStream(ExporterService.method.logStream, {})[Symbol.asyncIterator]();
  const [one, two] = [read(), read()];
  const both = Promise.all([one.next(), two.next()]);
  await raw.call('', 'on');
  expect((await both).map(({ value }) => value?.message)).toEqual(['Operation started', 'Operation started']);
  expect((await two.next()).value?.message).toBe('Operation completed');
  await Promise.all([one.return?.(), two.return?.()]);
});

test('nothing of a value that is no argument reaches a driver', async () => {
  await using raw = await open();
  const request = { uuid: raw.uuid('bench'), method: 'set_speed', args: [encodeValue('fast')] };
  expect(await statusOf(raw.channel.unary(ExporterService.method.driverCall, request))).toContain(
    'argument speed: got "fast"',
  );
});
