/** How long a session lasts that a driver offers beside its own: here the fork of a machine. */
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { setImmediate } from 'node:timers/promises';
import { execa } from 'execa';
import { fakeMachine } from 'jumplead/fake';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { z } from 'zod';
import { connect as connectTo } from '../../src/client/connect.ts';
import { duplexOf } from '../../src/client/duplex.ts';
import { createLog } from '../../src/core/index.ts';
import { defineDriver, type Offer, type OpenContext } from '../../src/driver/index.ts';
import { fakePower } from '../../src/drivers/fake/index.ts';
import { openSession } from '../../src/exporter/index.ts';
import { connect, serve, sessionOf } from '../../src/index.ts';
import { Machine, Power } from '../../src/interfaces/index.ts';

const ASKER = join(import.meta.dirname, '../fixtures/fork-asker.ts');
const machine = fakeMachine();
const serveMachine = () => serve(machine, { log: createLog('silent') });

let vm: Awaited<ReturnType<typeof serveMachine>>;
beforeEach(async () => {
  vm = await serveMachine();
  await vm.power.on();
  await vm.snapshots.save('ready');
});
afterEach(() => vm[Symbol.asyncDispose]());

/** Where a driver is opened that belongs to no session. */
const alone = () => ({
  log: createLog('silent'),
  signal: AbortSignal.timeout(3_600_000),
  path: '',
  artifacts: undefined,
});

/** A session whose only driver can offer others; `onClose` is called when that is closed. */
async function openOffering(onClose: () => void) {
  const driver = fakePower();
  let offer: Offer | undefined;
  const open = async (context: OpenContext) => {
    offer = context.offer;
    return { ...(await driver.open(context)), close: async () => onClose() };
  };
  const session = await openSession({ ...driver, open }, { log: createLog('silent') });
  if (!offer) throw new Error('the driver was given no way to offer anything');
  return { session, offer, driver };
}

const forks = async () => (await vm.snapshots.list()).flatMap((snapshot) => snapshot.forks);

describe('one that nobody has connected to', () => {
  // No time passes by itself: where a test does not let it, it is not the time that has ended anything.
  beforeEach(() => void vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] }));
  afterEach(() => void vi.useRealTimers());

  test('is discarded after 30 seconds', async () => {
    const line = await vm.openFork({ from: 'ready' });
    vi.advanceTimersByTime(29_999);
    expect(await forks()).toEqual([line.name]);
    vi.advanceTimersByTime(1);
    await expect.poll(forks).toEqual([]);
    await expect(line.connect()).rejects.toMatchObject({ code: 'not-found' });
  });

  test('is discarded when its caller is killed', async () => {
    const asker = execa(process.execPath, [ASKER, sessionOf(vm).target], { reject: false });
    const [said] = await once(asker.stdout, 'data');
    expect(await forks()).toEqual([String(said).trim()]);
    asker.kill('SIGKILL');
    await asker;
    await expect.poll(forks).toEqual([]);
  });
});

test('one that another has connected to outlives whoever asked for it, and goes with its last connection', async () => {
  const asker = await connect(sessionOf(vm).target, machine);
  const fork = await sessionOf(asker).node('', Machine)?.calls.fork({ from: 'ready' });
  const { driver = '', name = '' } = fork ?? {};
  const reach = () => sessionOf(vm).node('', Machine)?.besides(driver, name).open('connect');
  const channels = [await reach(), await reach()];
  // Whoever is connected is greeted.
  for (const channel of channels) await channel?.[Symbol.asyncIterator]().next();
  await asker[Symbol.asyncDispose]();
  await channels[0]?.[Symbol.asyncDispose]();
  expect(await forks()).toEqual([name]);
  await channels[1]?.[Symbol.asyncDispose]();
  await expect.poll(forks).toEqual([]);
});

test('a session that is closed waits for one that has begun to end by itself', async () => {
  const events: string[] = [];
  const { session, offer, driver } = await openOffering(() => void events.push('device'));
  const [begun, rest] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const root = await driver.open(alone());
  const close = async () => {
    begun.resolve();
    await rest.promise;
    events.push('offered');
  };
  const gone = new AbortController();
  await offer(async () => ({ name: 'offered', root: { ...root, close } }), { gone: gone.signal });
  gone.abort();
  const closed = session.close();
  await begun.promise;
  await expect.poll(() => existsSync(dirname(session.socket))).toBe(false);
  await setImmediate();
  rest.resolve();
  await closed;
  expect(events).toEqual(['offered', 'device']);
});

test('a session that is closed waits for what a call on one has begun', async () => {
  const events: string[] = [];
  const [begun, rest] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const driversClosed = Promise.withResolvers<void>();
  const slow = defineDriver({
    name: 'slow',
    interface: Power,
    config: z.undefined(),
    open: () => ({
      off: async () => null,
      on: async () => {
        begun.resolve();
        await rest.promise;
        events.push('on');
        return null;
      },
    }),
  })();
  const { session, offer, driver } = await openOffering(() => driversClosed.resolve());
  const root = await slow.open(alone());
  const offered = await offer(async () => ({ name: 'offered', root }));
  const power = await connect(session.socket, driver);
  const beside = sessionOf(power).node('', Power)?.besides(offered.driver, 'offered');
  const channel = await beside?.open('connect');
  if (!channel) throw new Error('nothing was offered');
  const duplex = async () => duplexOf(channel, { allowHalfOpen: true });
  const other = await connectTo({ name: 'offered', duplex }, slow, {}, {});
  const called = Promise.allSettled([other.on()]);
  await begun.promise;
  const closed = session.close().then(() => [...events]);
  // The last but one that it does.
  await driversClosed.promise;
  await setImmediate();
  rest.resolve();
  expect(await closed).toEqual(['on']);
  await called;
  await power[Symbol.asyncDispose]();
});
