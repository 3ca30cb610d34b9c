import { pino } from 'pino';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { group } from '../../src/driver/index.ts';
import { fakeMachine, fakeNetwork } from '../../src/drivers/fake/index.ts';
import { type ExporterSession, openSession } from '../../src/exporter/index.ts';
import { GOAWAY } from '../../src/rpc/frames.ts';
import { ExporterService, type LogStreamResponse } from '../../src/rpc/gen/jumpstarter/v1/jumpstarter_pb.ts';
import { createChannel, type Metadata, type Target } from '../../src/rpc/grpc/index.ts';
import { MAX_WRONG_PASSPHRASES } from '../../src/rpc/server/doorkeeper.ts';
import { data } from '../rpc/grpc-fixture.ts';
import { connectRaw, type RawClient, readAll, statusOf } from '../rpc/raw-session.ts';

const { getReport, driverCall, logStream } = ExporterService.method;

const PASSWORD = 'hunter2-of-the-guest';
const TOKEN = 'token-of-a-signed-address';
const tree = () => group({ vm: fakeMachine({ password: PASSWORD }), net: fakeNetwork() });

describe('of two clients of one session', () => {
  const stack = new AsyncDisposableStack();
  let one: RawClient;
  let two: RawClient;
  beforeAll(async () => {
    const session = stack.use(await openSession(tree(), { log: pino({ level: 'silent' }) }));
    one = stack.use(await connectRaw({ path: session.socket }));
    two = stack.use(await connectRaw({ path: session.socket }));
  });
  afterAll(() => stack.disposeAsync());

  test('one cannot use the resource of the other, not even knowing its name', async () => {
    const { frames, headers } = await one.open({ kind: 'resource', uuid: one.uuid('vm.flasher') });
    const handle = JSON.parse(headers['resource'] ?? '');
    const args = [handle, null];
    expect(await statusOf(two.call('vm.flasher', 'flash', args))).toBe(
      `INVALID_ARGUMENT: vm.flasher.flash: argument source: there is no open stream ${handle.uuid} for this driver (each serves one call, on its own connection)`,
    );
    const flashed = one.call('vm.flasher', 'flash', args);
    await frames.write(data('an image'));
    await frames.write(GOAWAY);
    expect(await flashed).toBe(null);
    frames.cancel();
  });

  test('each has its own streams', async () => {
    const open = (client: RawClient) =>
      client.open({ kind: 'driver', uuid: client.uuid('net'), method: 'connect' });
    const streams = [await open(one), await open(two), await open(one)];
    const texts = streams.map((_, index) => `for ${index} alone`);
    for (const [index, { frames }] of streams.entries()) {
      await frames.write(data(texts[index] ?? ''));
      await frames.write(GOAWAY);
    }
    for (const [index, { frames }] of streams.entries()) {
      const payloads = (await readAll(frames)).map(({ payload }) => Buffer.from(payload));
      expect(Buffer.concat(payloads).toString()).toBe(texts[index]);
    }
  });

  test('one reads in the log what is done to the device, and nothing of what the other says, gets or is', async () => {
    const entries: LogStreamResponse[] = [];
    const reading = two.channel.serverStream(logStream, {})[Symbol.asyncIterator]();
    const first = reading.next();
    expect(await one.call('vm', 'get_password')).toBe(PASSWORD);
    const signed = {
      kind: 'presigned_request',
      headers: { authorization: TOKEN },
      url: `http://127.0.0.1:1/${TOKEN}?sig=${TOKEN}`,
      method: 'GET',
    };
    await statusOf(one.call('vm', 'set_memory_size', [TOKEN]));
    await statusOf(one.call('vm.flasher', 'flash', [signed, TOKEN]));
    await statusOf(one.call('vm.power', 'off', [{ mode: TOKEN }]));
    await one.call('vm', 'set_disk_size', ['1GiB']);
    for (let entry = await first; !entry.done; entry = await reading.next()) {
      entries.push(entry.value);
      if (entry.value.operation === 'set_disk_size' && entry.value.message === 'Operation completed') break;
    }
    await reading.return?.();
    const operations = new Set(entries.map(({ operation }) => operation));
    expect(operations).toContain('get_password');
    const text = JSON.stringify(entries, (_, value) => (typeof value === 'bigint' ? String(value) : value));
    for (const secret of [PASSWORD, TOKEN, 'unix socket, connection']) expect(text).not.toContain(secret);
  });

  test('the report tells no secrets', async () => {
    const report = JSON.stringify(await two.channel.unary(getReport, {}));
    expect(report).not.toContain(PASSWORD);
  });

  test('an error names nobody else, but for who holds what is wanted', async () => {
    await one.call('vm.power', 'on');
    const typing = await one.open({ kind: 'driver', uuid: one.uuid('vm.console'), method: 'connect' });
    await typing.frames.write(data('x'));
    await expect
      .poll(async () => (await one.call('vm.console', 'status')) as object)
      .toMatchObject({
        writer: 'unix socket, connection 1',
      });
    const other = await two.open({ kind: 'driver', uuid: two.uuid('vm.console'), method: 'connect' });
    await other.frames.write(data('y'));
    expect(await statusOf(readAll(other.frames))).toMatch(
      /^RESOURCE_EXHAUSTED: console: unix socket, connection 1 is typing since /,
    );
    const failures = await Promise.all([
      statusOf(two.call('vm.flasher', 'dump', [null])),
      statusOf(two.call('vm', 'nonsense')),
      statusOf(two.call('vm.flasher', 'flash', [{ kind: 'local_path', path: '/etc/passwd' }])),
    ]);
    expect(failures.join()).not.toContain('connection 1');
    typing.frames.cancel();
    other.frames.cancel();
  });
});

describe('who does not know the passphrase', () => {
  const stack = new AsyncDisposableStack();
  const logged: string[] = [];
  let session: ExporterSession;
  let target: Target;
  beforeAll(async () => {
    const log = pino({ level: 'warn' }, { write: (line: string) => void logged.push(line) });
    session = stack.use(await openSession(tree(), { log }));
    const { host, port } = await session.listen({
      host: '127.0.0.1',
      port: 0,
      insecure: true,
      passphrase: 'sesame',
    });
    target = { host, port, insecure: true };
  });
  afterAll(() => stack.disposeAsync());

  const wrong: readonly Metadata[] = [
    {},
    { 'x-jumpstarter-passphrase': '' },
    { 'x-jumpstarter-passphrase': 'sesame ' },
    { 'x-jumpstarter-passphrase': 'sesame, sesame' },
    { 'x-jumpstarter-passphrase': 'SESAME' },
    { 'jumplead-local': 'guessed' },
  ];
  test.each(wrong)('learns nothing from any method: %j', async (metadata) => {
    await using channel = createChannel(target);
    const refusal = 'UNAUTHENTICATED: invalid or missing passphrase';
    const request = { kind: 'driver', uuid: 'x', method: 'connect' };
    const router = { metadata: { ...metadata, request: JSON.stringify(request) } };
    const calls = Object.values(ExporterService.method).map((method) => {
      const empty = method as typeof getReport; // SAFE: a request without fields is one of every method
      return method.methodKind === 'unary'
        ? channel.unary(empty, {}, { metadata })
        : Array.fromAsync(channel.serverStream(method as typeof logStream, {}, { metadata })); // SAFE: as above
    });
    const answers = await Promise.all([...calls, channel.openFrames(router).then(readAll)].map(statusOf));
    expect(answers).toEqual(answers.map(() => refusal));
    expect(answers).toHaveLength(8);
  });

  test('may try a few times, and does not fill the log by it; others are let in meanwhile', async () => {
    await using channel = createChannel(target);
    await using other = createChannel(target);
    logged.length = 0;
    const metadata = { 'x-jumpstarter-passphrase': 'wrong-guess' };
    const right = { 'x-jumpstarter-passphrase': 'sesame' };
    const guess = () => statusOf(channel.unary(getReport, {}, { metadata }));
    const guesses = Array.from({ length: MAX_WRONG_PASSPHRASES - 1 }, guess);
    expect((await other.unary(getReport, {}, { metadata: right })).reports).not.toEqual([]);
    expect(new Set(await Promise.all(guesses))).toEqual(
      new Set(['UNAUTHENTICATED: invalid or missing passphrase']),
    );
    expect(await guess()).toContain('UNAUTHENTICATED');
    expect(await statusOf(channel.unary(getReport, {}, { metadata: right }))).toContain('UNAVAILABLE');
    expect(logged).toHaveLength(1);
    expect(logged[0]).toContain('authentication failed: invalid or missing passphrase');
    expect(logged[0]).not.toContain('wrong-guess');
    expect(logged[0]).not.toContain('sesame');
  });

  test('does not count as the own process for knowing it', async () => {
    const metadata = { 'x-jumpstarter-passphrase': 'sesame' };
    await using channel = createChannel(target);
    const { reports } = await channel.unary(getReport, {}, { metadata });
    expect(reports.length).toBeGreaterThan(5);
    const { uuid = '' } = reports.find(({ labels }) => labels['jumpstarter.dev/name'] === 'vm') ?? {};
    const { result } = await channel.unary(driverCall, { uuid, method: 'get_password' }, { metadata });
    expect(result?.kind.value).toBe(PASSWORD);
  });
});
