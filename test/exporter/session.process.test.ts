import { existsSync } from 'node:fs';
import { mkdtempDisposable, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { pino } from 'pino';
import { beforeAll, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { connect, exploreSession, sessionOf } from '../../src/client/index.ts';
import { type Driver, defineDriver, group } from '../../src/driver/index.ts';
import { fakeNetwork, fakePower } from '../../src/drivers/fake/index.ts';
import { openSession } from '../../src/exporter/index.ts';
import { MeteredPower, Power } from '../../src/interfaces/index.ts';
import { type SelfSigned, selfSigned } from './self-signed.ts';

const log = pino({ level: 'silent' });

/** A power switch that tells in `events` when it opens and closes, and may fail to. */
function told(
  name: string,
  events: string[],
  failure: { open?: Error; close?: Error } = {},
): Driver<typeof Power> {
  const make = defineDriver({
    name,
    interface: Power,
    config: z.undefined(),
    open: () => {
      if (failure.open) throw failure.open;
      events.push(`open ${name}`);
      return {
        on: async () => null,
        off: async () => null,
        [Symbol.asyncDispose]: async () => {
          events.push(`close ${name}`);
          if (failure.close) throw failure.close;
        },
      };
    },
  });
  return make();
}

/** A call that is told to end, and has done so only after `rest`. */
function slowToEnd(name: string, events: string[]) {
  const [begun, told, rest] = Array.from({ length: 3 }, () => Promise.withResolvers<void>());
  const act = async (signal: AbortSignal) => {
    signal.addEventListener('abort', () => told?.resolve());
    begun?.resolve();
    await rest?.promise;
    events.push(name);
    return null;
  };
  return { act, begun: begun?.promise, told: told?.promise, rest: () => rest?.resolve() };
}

describe('a session', () => {
  test('is on a socket that only its owner can reach', async () => {
    await using session = await openSession(fakePower(), { log });
    expect((await stat(dirname(session.socket))).mode & 0o777).toBe(0o700);
    expect(Buffer.byteLength(session.socket)).toBeLessThan(100);
  });

  test('closes in the reverse order of opening, once', async () => {
    const events: string[] = [];
    const session = await openSession(group({ a: told('a', events), b: told('b', events) }), { log });
    await Promise.all([session.close(), session.close()]);
    await session.close();
    expect(events).toEqual(['open a', 'open b', 'close b', 'close a']);
    expect(existsSync(dirname(session.socket))).toBe(false);
  });

  test('that is closed listens to nobody any more', async () => {
    const session = await openSession(fakePower(), { log });
    await session.close();
    const listening = session.listen({ host: '127.0.0.1', port: 0, insecure: true });
    await expect(listening).rejects.toMatchObject({ code: 'state', state: 'closed', needed: 'open' });
  });

  test('that cannot open leaves nothing open', async () => {
    const events: string[] = [];
    const tree = group({ a: told('a', events), b: told('b', events, { open: new Error('no such board') }) });
    await expect(openSession(tree, { log })).rejects.toThrow('no such board');
    expect(events).toEqual(['open a', 'close a']);
  });

  test('that is given up while it opens leaves nothing open', async () => {
    const events: string[] = [];
    const stop = new AbortController();
    const giveUp: Driver<typeof Power> = {
      ...told('b', events),
      open: async (context) => {
        const node = await told('b', events).open(context);
        stop.abort(new Error('changed my mind'));
        return node;
      },
    };
    const opening = openSession(group({ a: told('a', events), b: giveUp }), { log, signal: stop.signal });
    await expect(opening).rejects.toThrow('changed my mind');
    expect(events).toEqual(['open a', 'open b', 'close b', 'close a']);
  });

  test('closes the rest when a part fails to, and says so', async () => {
    const events: string[] = [];
    const stuck = { close: new Error('the relay is stuck') };
    const session = await openSession(group({ a: told('a', events), b: told('b', events, stuck) }), { log });
    await expect(Promise.allSettled([session.close(), session.close()])).resolves.toMatchObject([
      { reason: stuck.close },
      { reason: stuck.close },
    ]);
    expect(events).toEqual(['open a', 'open b', 'close b', 'close a']);
  });

  test('does not wait for ever for a driver that hangs', async () => {
    const began = Promise.withResolvers<void>();
    const hanging: Driver<typeof Power> = {
      ...told('a', []),
      open: async (context) => ({
        ...(await told('a', []).open(context)),
        close: () => {
          began.resolve();
          return new Promise(() => undefined);
        },
      }),
    };
    const session = await openSession(hanging, { log });
    vi.useFakeTimers({ toFake: ['setTimeout'] });
    const closing = session.close();
    closing.catch(() => undefined);
    await began.promise;
    await vi.advanceTimersByTimeAsync(30_000);
    vi.useRealTimers();
    await expect(closing).rejects.toMatchObject({
      code: 'deadline',
      message: 'close the drivers: gave up after 30.0 s, still waiting for its end',
    });
  });

  test('waits for what its calls have begun and are about to end', async () => {
    const events: string[] = [];
    const driverClosed = Promise.withResolvers<void>();
    const [on, read] = [slowToEnd('on', events), slowToEnd('read', events)];
    const make = defineDriver({
      name: 'slow',
      interface: MeteredPower,
      config: z.undefined(),
      open: () => ({
        off: async () => null,
        on: ({ signal }) => on.act(signal),
        async *read({ signal }) {
          yield { voltage: 5, current: 1 };
          await read.act(signal);
        },
        [Symbol.asyncDispose]: async () => {
          events.push('close');
          driverClosed.resolve();
        },
      }),
    });
    const driver = make();
    const session = await openSession(driver, { log });
    const power = await connect(session.socket, driver);
    const readings = power.read()[Symbol.asyncIterator]();
    const calls = Promise.allSettled([power.on(), readings.next().then(() => readings.next())]);
    await Promise.all([on.begun, read.begun]);
    const closed = session.close().then(() => [...events]);
    await Promise.all([on.told, read.told, driverClosed.promise]);
    await setImmediate();
    on.rest();
    await setImmediate();
    read.rest();
    expect(await closed).toEqual(['close', 'on', 'read']);
    await calls;
    await power[Symbol.asyncDispose]();
  });

  test('makes the folder for what is left behind', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-test-'));
    const artifacts = join(folder.path, 'a', 'b');
    await using _ = await openSession(fakePower(), { log, artifacts });
    expect(existsSync(artifacts)).toBe(true);
  });

  test('says who it is', async () => {
    await using session = await openSession(fakePower(), { log, name: 'lab-7', motd: 'be gentle' });
    await using explored = await exploreSession(session.socket);
    expect(explored.session.report).toMatchObject({
      labels: { 'jumpstarter.dev/name': 'lab-7', 'jumplead.dev/wire': '1' },
      motd: 'be gentle',
    });
  });
});

describe('a session on the network', () => {
  let certificate: SelfSigned;
  beforeAll(async () => {
    certificate = await selfSigned();
  });

  test.for([
    [
      { host: '0.0.0.0', port: 0, insecure: true, passphrase: 'x' },
      /0.0.0.0 can be reached .*: a certificate/,
    ],
    [{ host: '10.1.2.3', port: 0, tls: { cert: '', key: '' } }, /10.1.2.3 can be reached .*: a passphrase/],
    [{ host: 'localhost', port: 0, insecure: true, passphrase: 'grün' }, /must be printable ASCII/],
  ] as const)('is not opened at %j', async ([options, message]) => {
    await using session = await openSession(fakePower(), { log });
    await expect(session.listen(options)).rejects.toMatchObject({
      code: 'config',
      message: expect.stringMatching(message),
    });
  });

  test('says why it cannot listen', async () => {
    await using session = await openSession(fakePower(), { log });
    const { port } = await session.listen({ host: '127.0.0.1', port: 0, insecure: true });
    await expect(session.listen({ host: '127.0.0.1', port, insecure: true })).rejects.toMatchObject({
      code: 'launch',
      message: expect.stringContaining(
        `cannot listen on 127.0.0.1:${port}: another program listens there already (listen EADDRINUSE`,
      ),
    });
  });

  test('asks every kind of call for the passphrase, but not on the private socket', async () => {
    const tree = group({ power: fakePower(), net: fakeNetwork() });
    await using session = await openSession(tree, { log });
    const { port } = await session.listen({
      host: '127.0.0.1',
      port: 0,
      insecure: true,
      passphrase: 'sesame',
    });
    const address = `127.0.0.1:${port}`;
    await using right = await connect(address, tree, { insecure: true, passphrase: 'sesame' });
    await right.power.on();
    for (const passphrase of [undefined, 'sesam', 'sesame ']) {
      await expect(connect(address, tree, { insecure: true, passphrase })).rejects.toMatchObject({
        code: 'auth',
        message: `connect: invalid or missing passphrase${passphrase === undefined ? '; none was given' : ''}`,
      });
    }
    await using inside = await connect(session.socket, tree);
    await inside.power.on();
  });

  test('is trusted by its fingerprint, or by who signed it, and not otherwise', async () => {
    await using session = await openSession(fakePower(), { log });
    const { cert, key, fingerprint } = certificate;
    const { port } = await session.listen({
      host: '127.0.0.1',
      port: 0,
      tls: { cert, key },
      passphrase: 'x',
    });
    const reach = async (options: object) => {
      const address = `localhost:${port}`;
      await using tree = await connect(address, fakePower(), { passphrase: 'x', ...options });
      await tree.on();
      return sessionOf(tree).target;
    };
    expect(await reach({ fingerprint })).toBe(`localhost:${port}`);
    expect(await reach({ tls: { ca: cert } })).toBe(`localhost:${port}`);
    await expect(reach({})).rejects.toMatchObject({ code: 'unreachable' });
    await expect(reach({ insecure: true })).rejects.toMatchObject({ code: 'unreachable' });
    await expect(reach({ fingerprint: fingerprint.replaceAll(/\d/g, '0') })).rejects.toThrow(
      /the SHA-256 fingerprint of its certificate is/,
    );
  });
});
