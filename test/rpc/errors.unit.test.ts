import { describe, expect, test } from 'vitest';
import {
  AuthError,
  BusyError,
  CapacityError,
  CommandError,
  ConfigError,
  DeadlineError,
  DeviceError,
  type DutError,
  type ErrorCode,
  ExpectError,
  ImageError,
  InternalError,
  LaunchError,
  type Log,
  NotFoundError,
  ProtocolError,
  StateError,
  UnreachableError,
  UnsupportedError,
} from '../../src/core/index.ts';
import { fromGrpcError, toGrpcError } from '../../src/rpc/errors.ts';
import { GrpcError, Status, statusName } from '../../src/rpc/grpc/index.ts';
import { decodeMessage, encodeTrailers } from '../../src/rpc/grpc/trailers.ts';

const options = { operation: 'power.on' };
const exit = { exitCode: 1, signal: null };

/** One error of each class, and the status that other clients see. */
const examples: Readonly<Record<ErrorCode, readonly [DutError, string]>> = {
  config: [
    new ConfigError('wrong', { issues: [{ path: 'a.b', message: 'bad' }], file: 'x.yaml' }, options),
    'INVALID_ARGUMENT',
  ],
  state: [new StateError('is on', { state: 'running', needed: 'off' }, options), 'ABORTED'],
  unsupported: [
    new UnsupportedError('cannot', { capability: 'fly', available: ['on', 'off'] }, options),
    'UNIMPLEMENTED',
  ],
  'not-found': [
    new NotFoundError('no such', { what: 'image', missing: 'x', known: ['y'] }, options),
    'NOT_FOUND',
  ],
  auth: [new AuthError('who?', {}, options), 'UNAUTHENTICATED'],
  image: [new ImageError('broken', { reason: 'corrupt', source: 'a.qcow2' }, options), 'INVALID_ARGUMENT'],
  capacity: [new CapacityError('full', { needed: 2 ** 40, free: 12 }, options), 'RESOURCE_EXHAUSTED'],
  busy: [
    new BusyError('taken', { holder: 'x', since: '2026-01-01T00:00:00Z' }, options),
    'RESOURCE_EXHAUSTED',
  ],
  expect: [
    new ExpectError(
      'timeout',
      { reason: 'timeout', patterns: ['login:'], tail: 'Grüße', transcript: '/t' },
      options,
    ),
    'ABORTED',
  ],
  command: [
    new CommandError('failed', { command: 'false', ...exit, stdout: 'o', stderr: 'e' }, options),
    'ABORTED',
  ],
  device: [
    new DeviceError(
      'QEMU was ended by SIGKILL',
      {
        event: 'EXIT',
        tail: 'Oops',
        detectedBy: 'process',
        since: '2026-01-01T00:00:00.000Z',
        stderr: 's',
        exitCode: null,
        signal: 'SIGKILL',
        command: 'sh /t/qemu.sh',
      },
      options,
    ),
    'ABORTED',
  ],
  launch: [
    new LaunchError('no qemu', { command: 'qemu', ...exit, stderr: 's', hint: 'install it' }, options),
    'INTERNAL',
  ],
  unreachable: [new UnreachableError('gone', { target: 'lab-7', lastSeen: 'then' }, options), 'UNAVAILABLE'],
  deadline: [
    new DeadlineError(
      'late',
      { after: '2 s', waitingFor: 'it', scaling: '1s x 2: it is slow' },
      { ...options, fault: 'lab' },
    ),
    'DEADLINE_EXCEEDED',
  ],
  protocol: [new ProtocolError('what?', { peer: 'qmp', sent: 'a', answer: 'b' }, options), 'INTERNAL'],
  internal: [new InternalError('internal error, incident 4f2a', { incident: '4f2a' }, options), 'UNKNOWN'],
};

interface Logged {
  readonly fields: { readonly incident: string; readonly err: unknown };
  readonly text: string;
}

function recordingLog(): { log: Log; logged: Logged[] } {
  const logged: Logged[] = [];
  const ignore = () => undefined;
  const error = (fields: Logged['fields'], text: string) => void logged.push({ fields, text });
  const log = { debug: ignore, info: ignore, warn: ignore, error, child: () => log } as unknown as Log; // SAFE: what is used
  return { log, logged };
}

const context = { operation: 'power.on', target: 'lab-7:19090', lastSeen: '2026-01-01T00:00:00Z' };

/** What arrives of `error` at a client, after its trailers have been cut to what peers accept. */
function travel(error: unknown): { status: string; size: number; received: DutError } {
  const trailers = encodeTrailers(toGrpcError(error, { log: recordingLog().log }));
  const { 'grpc-status': status, 'grpc-message': message, ...metadata } = trailers;
  const code = Number(status) as Status; // SAFE: just made of one
  const grpcError = new GrpcError(code, decodeMessage(message ?? ''), { metadata });
  const size = Object.entries(trailers).reduce(
    (sum, [key, value]) => sum + key.length + value.length + 32,
    0,
  );
  return { status: statusName(code), size, received: fromGrpcError(grpcError, context) };
}

describe('an error crosses the wire', () => {
  test.for(Object.entries(examples))('%s', ([code, [error, status]]) => {
    const { status: seen, received } = travel(error);
    expect(seen).toBe(status);
    expect(received).toBeInstanceOf(error.constructor);
    expect(received).toMatchObject({ ...error.fields, code, fault: error.fault, operation: 'power.on' });
    expect(received.message).toBe(error.message);
    expect(received.fields).toEqual(error.fields);
  });

  test('with the end of a long tail, within what peers take', () => {
    const tail = `${'ü'.repeat(50_000)} the end`;
    const { size, received } = travel(new DeviceError('panicked', { event: 'panic', tail }));
    expect(size).toBeLessThan(7 * 1_024);
    expect(received).toMatchObject({ event: 'panic', tail: expect.stringMatching(/^…ü+ the end$/) });
  });

  test('with all short fields of a device that failed at length', () => {
    const failure = {
      event: 'EXIT',
      detectedBy: 'process',
      since: '2026-01-01T00:00:00.000Z',
      exitCode: null,
      signal: 'SIGSEGV',
      command: `sh /${'a/long/way/'.repeat(10)}qemu.sh`,
    };
    const [tail, stderr] = [`${'ü'.repeat(50_000)} the end`, `${'x'.repeat(8_000)} aborted`];
    const { size, received } = travel(new DeviceError(`it died\n${tail}`, { ...failure, tail, stderr }));
    expect(size).toBeLessThan(7 * 1_024);
    expect(received.message).toMatch(/^it died\nü/);
    expect(received).toMatchObject({
      ...failure,
      tail: expect.stringMatching(/^…ü+ the end$/),
      stderr: expect.stringMatching(/^…x+ aborted$/),
    });
  });

  test('that an exporter of another kind has told less of', () => {
    const error = new DeviceError('it burnt', { event: 'smoke', tail: '' });
    expect(travel(error).received.fields).toEqual({ event: 'smoke', tail: '' });
  });

  test('with the beginning of a long message', () => {
    const message = `it began ${'日本'.repeat(20_000)}`;
    const { size, received } = travel(new StateError(message, { state: 'a', needed: 'b' }));
    expect(size).toBeLessThan(7 * 1_024);
    expect(received).toBeInstanceOf(StateError);
    expect(received.message).toMatch(/^it began [日本]{100,}/);
  });

  test('with a message that is too long for the status alone', () => {
    const message = `first line\n${'x'.repeat(3_000)}`;
    expect(travel(new StateError(message, { state: 'a', needed: 'b' })).received.message).toBe(message);
  });

  test('with the first of many', () => {
    const available = Array.from({ length: 5_000 }, (_, index) => `method-${index}`);
    const { size, received } = travel(new UnsupportedError('cannot', { capability: 'fly', available }));
    expect(size).toBeLessThan(7 * 1_024);
    expect(received).toMatchObject({ code: 'unsupported' });
    expect((received as UnsupportedError).available.slice(0, 2)).toEqual(['method-0', 'method-1']);
  });
});

test('what nobody foresaw leaves as a number; the stack stays in the log', () => {
  const { log, logged } = recordingLog();
  const mistake = new TypeError('x is not a function');
  const outgoing = toGrpcError(mistake, { log, operation: 'power.on' });
  expect(statusName(outgoing.code)).toBe('UNKNOWN');
  expect(outgoing.details).toMatch(/^internal error, incident [0-9a-f]{4}$/);
  expect(logged[0]?.fields.err).toBe(mistake);
  expect(outgoing.details).toContain(logged[0]?.fields.incident);
  expect(fromGrpcError(outgoing, context)).toMatchObject({
    code: 'internal',
    incident: logged[0]?.fields.incident,
  });
});

describe('a status of a stock exporter is', () => {
  test.for([
    ['NOT_FOUND', 'method x not found on driver', 'unsupported'],
    ['UNIMPLEMENTED', '', 'unsupported'],
    ['FAILED_PRECONDITION', 'Exporter not ready for driver calls (status: AVAILABLE)', 'state'],
    ['INVALID_ARGUMENT', 'bad', 'config'],
    ['UNAUTHENTICATED', 'invalid or missing passphrase', 'auth'],
    ['PERMISSION_DENIED', 'no', 'auth'],
    ['UNAVAILABLE', 'gone', 'unreachable'],
    ['DEADLINE_EXCEEDED', '', 'deadline'],
    ['UNKNOWN', 'the relay is stuck', 'device'],
    ['INTERNAL', "[Errno 2] No such file or directory: 'x'", 'device'],
    ['UNKNOWN', "Unexpected <class 'OSError'>: All connection attempts failed", 'unreachable'],
    ['UNKNOWN', "Unexpected <class 'FileNotFoundError'>: [Errno 2] No such file or directory", 'unreachable'],
    ['UNKNOWN', "Unexpected <class 'KeyError'>: UUID('…')", 'internal'],
    ['RESOURCE_EXHAUSTED', 'Received message larger than max', 'protocol'],
  ] as const)('%s "%s": %s', ([status, details, code]) => {
    const error = fromGrpcError(new GrpcError(Status[status], details), context);
    expect(error.code).toBe(code);
    expect(error.operation).toBe('power.on');
    expect(error.message).toContain(details || 'power.on: (no details)');
  });

  test.for([
    ['fields of another version', 'state'],
    ['a code of another version', 'melted'],
    ['the name of what every object has for a code', 'constructor'],
  ] as const)('an error with %s, read by its status', ([, code]) => {
    const detail = Buffer.from(JSON.stringify({ code, fault: 'caller', fields: { state: 1 } }));
    const metadata = { 'jumplead-error-bin': detail.toString('base64') };
    expect(fromGrpcError(new GrpcError(Status.ABORTED, 'x', { metadata }), context).code).toBe('device');
  });
});
