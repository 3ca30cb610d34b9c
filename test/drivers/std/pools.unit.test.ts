import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { createLog } from '../../../src/core/index.ts';
import type { CallContext, DriverNode } from '../../../src/driver/index.ts';
import { Pools } from '../../../src/drivers/std/index.ts';
import { Machine } from '../../../src/interfaces/index.ts';

const log = createLog('silent');
const context: CallContext = {
  signal: new AbortController().signal,
  log,
  peer: { name: 'test', local: true },
};

/** Pools of forks that do not end before `rest`. */
function openPools() {
  const [begun, rest] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  const done: string[] = [];
  // SAFE: nobody calls it
  const root = { interface: Machine, handlers: {}, children: {} } as unknown as DriverNode;
  const pools = new Pools({
    ...{ log, offer: undefined },
    check: () => undefined,
    open: async () => ({
      ...{ name: 'fork-1', root, steps: {}, ended: new Promise<void>(() => undefined) },
      start: async () => undefined,
      [Symbol.asyncDispose]: async () => {
        begun.resolve();
        await rest.promise;
        done.push('fork-1 ended');
      },
    }),
    onServed: () => undefined,
    onEnded: () => undefined,
  });
  return { pools, done, begun: begun.promise, rest: rest.resolve };
}

test.each([
  ['the whole is closed', ({ pools }) => pools[Symbol.asyncDispose]()],
  ['somebody ends it', async ({ pools }) => void (await pools.methods.poolEnd('booted', context))],
] satisfies [string, (it: ReturnType<typeof openPools>) => Promise<void>][])(
  'a pool whose keeper has gone is waited for where %s',
  async (_, close) => {
    const it = openPools();
    const { pools, done, begun, rest } = it;
    const kept = pools.methods.poolKeep({ from: 'booted', min: 1, max: 1 }, context);
    const news = kept[Symbol.asyncIterator]();
    while ((await news.next()).value?.ready !== 1);
    const gone = news.return?.();
    await begun;
    const closed = close(it).then(() => [...done]);
    await setImmediate();
    rest();
    expect(await closed).toEqual(['fork-1 ended']);
    await gone;
  },
);
