import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createLog, StateError } from '../../../src/core/index.ts';
import type { CallContext, Offer, OfferedSession } from '../../../src/driver/index.ts';
import { Ahead } from '../../../src/drivers/qemu/snapshots/ahead.ts';
import type { Fork, ForkStart } from '../../../src/drivers/qemu/snapshots/fork-start.ts';

const log = createLog('silent');
const context: CallContext = {
  signal: new AbortController().signal,
  log,
  peer: { name: 'test', local: true },
};
const nowhere: Offer = async () => Promise.reject(new StateError('nobody', { state: 'off', needed: 'on' }));

/** Forks that rest, what was done to each, and how each was to begin. */
function resting(
  fails: readonly string[] = [],
  onEnd: () => Promise<void> = async () => undefined,
  gate: (index: number) => Promise<void> | undefined = () => undefined,
) {
  const done: string[] = [];
  const starts: ForkStart[] = [];
  const open = async (start: ForkStart): Promise<Fork> => {
    starts.push(start);
    const name = `fork-${starts.length}`;
    await gate(starts.length - 1);
    let rests = true;
    const goOn = async () => {
      if (fails.includes(name)) throw new Error(`${name} is dead`);
      rests = false;
      done.push(`${name} running`);
    };
    const rest = {
      ended: Promise.resolve(),
      goOn,
      get rests() {
        return rests;
      },
    };
    return {
      name,
      space: async () => ({ memory: 0, disk: 0 }),
      resting: rest,
      [Symbol.asyncDispose]: async () => {
        await onEnd();
        done.push(`${name} ended`);
      },
    };
  };
  return { open, done, starts };
}

test('the one that waits goes on, and serves its own forks as whoever has asked for it does', async () => {
  const { open, done, starts } = resting();
  await using ahead = new Ahead({ count: 1, open, log });
  ahead.prepare();
  expect((await ahead.take(async () => served, context))?.name).toBe('fork-1');
  expect(done).toEqual(['fork-1 running']);
  expect(starts[0]).toMatchObject({ stage: 'warm', background: true });
  expect(await starts[0]?.offer(async () => Promise.reject(new Error('not opened here')))).toBe(served);
  expect(await ahead.take(nowhere, context)).toBeUndefined();
});

const served: OfferedSession = { driver: 'uuid', localToken: '', end: async () => undefined };

test('one that is ready goes before one that is not, which nobody hurries then', async () => {
  const gates = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const { open, starts } = resting([], undefined, (index) => gates[index]?.promise);
  await using ahead = new Ahead({ count: 2, open, log });
  ahead.prepare();
  gates[1]?.resolve();
  await setImmediate();
  expect((await ahead.take(nowhere, context))?.name).toBe('fork-2');
  expect(starts[0]?.hurry?.aborted).toBe(false);
  const next = ahead.take(nowhere, context);
  expect(starts[0]?.hurry?.aborted).toBe(true);
  gates[0]?.resolve();
  expect((await next)?.name).toBe('fork-1');
});

test('one that cannot go on is ended, and the next is taken', async () => {
  const { open, done } = resting(['fork-1']);
  await using ahead = new Ahead({ count: 2, open, log });
  ahead.prepare();
  expect((await ahead.take(nowhere, context))?.name).toBe('fork-2');
  expect(done).toEqual(['fork-1 ended', 'fork-2 running']);
});

test('what waits ends when its room is needed, and with its snapshot', async () => {
  const { open, done } = resting();
  {
    await using ahead = new Ahead({ count: 2, open, log });
    ahead.prepare();
    await ahead.drop();
    expect(done.toSorted()).toEqual(['fork-1 ended', 'fork-2 ended']);
    expect(ahead.ready).toBe(0);
    ahead.prepare();
  }
  expect(done).toHaveLength(4);
});

/** Forks of which one does not end before `rest`. */
function held(fails: readonly string[] = []) {
  const [begun, rest] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const onEnd = async () => {
    begun.resolve();
    await rest.promise;
  };
  return { ...resting(fails, onEnd), begun: begun.promise, rest: rest.resolve };
}

test.each([
  ['that cannot go on', (ahead: Ahead<Fork>) => ahead.take(nowhere, context)],
  ['whose room is needed', (ahead: Ahead<Fork>) => ahead.drop()],
])('what goes with its snapshot waits until one %s has ended', async (_, act) => {
  const { open, done, begun, rest } = held(['fork-1']);
  const ahead = new Ahead({ count: 1, open, log });
  ahead.prepare();
  const acted = Promise.allSettled([act(ahead)]);
  await begun;
  const closed = ahead[Symbol.asyncDispose]().then(() => [...done]);
  await setImmediate();
  rest();
  expect(await closed).toEqual(['fork-1 ended']);
  await acted;
});

test('one that goes on while its snapshot goes is ended', async () => {
  const { open, done } = resting();
  const ahead = new Ahead({ count: 1, open, log });
  ahead.prepare();
  const taken = ahead.take(nowhere, context);
  await Promise.all([expect(taken).rejects.toThrow('the snapshot goes'), ahead[Symbol.asyncDispose]()]);
  expect(done.at(-1)).toBe('fork-1 ended');
});
