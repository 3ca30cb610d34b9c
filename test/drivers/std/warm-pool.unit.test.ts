import { setImmediate } from 'node:timers/promises';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { CapacityError, createLog, DeviceError } from '../../../src/core/index.ts';
import {
  type OpenPooled,
  type Pooled,
  WarmPool,
  type WarmPoolParts,
} from '../../../src/drivers/std/pool/warm-pool.ts';

/** What stands in for a machine. */
interface One extends Pooled {
  readonly end: () => void;
  readonly background: boolean;
  disposed: boolean;
}

const never = new AbortController().signal;

/** A pool whose things are made at once, unless `gate` says when. */
function openPool(
  parts: Partial<WarmPoolParts<One>> & {
    readonly gate?: () => Promise<void>;
    /** Of the first. */
    readonly failure?: AbortSignal;
    readonly onDispose?: (one: One) => Promise<void>;
  } = {},
) {
  const made: One[] = [];
  const hurries: AbortSignal[] = [];
  const make = async ({ background, hurry }: OpenPooled): Promise<One> => {
    hurries.push(hurry);
    await parts.gate?.();
    const { promise: ended, resolve: end } = Promise.withResolvers<void>();
    const one: One = {
      failure: made.length === 0 ? parts.failure : undefined,
      ...{ name: `fork-${made.length + 1}`, ended, end, background, disposed: false },
      async [Symbol.asyncDispose]() {
        await parts.onDispose?.(one);
        one.disposed = true;
        end();
      },
    };
    made.push(one);
    return one;
  };
  const pool = new WarmPool<One>({
    ...{ name: 'ready', min: 2, max: 4, open: make, start: async () => undefined, log: createLog('silent') },
    ...parts,
  });
  return { pool, made, hurries };
}

/** The first figures that are so. */
async function until(pool: WarmPool<One>, expected: Partial<WarmPool<One>['figures']>) {
  for await (const figures of pool.follow(never)) {
    const matches = Object.entries(expected).every(
      ([key, value]) => figures[key as keyof typeof figures] === value,
    );
    if (matches) return figures;
  }
  throw new Error(`the pool has ended: ${JSON.stringify(pool.figures)}`);
}

describe('a pool', () => {
  it('keeps as many ready as it should, made in the background, and makes others for those that are claimed', async () => {
    const { pool, made } = openPool();
    await pool.filled(never);
    expect(pool.figures).toMatchObject({ ready: 2, claimed: 0, given: 0, problem: null });
    expect(made.map(({ background }) => background)).toEqual([true, true]);
    const one = await pool.claim(never);
    expect(one).toBe(made[0]);
    await until(pool, { ready: 2, claimed: 1 });
    await one[Symbol.asyncDispose]();
    await until(pool, { ready: 2, claimed: 0, given: 1 });
    expect(made).toHaveLength(3);
  });

  it('tells of one that failed as all may, and goes on', async () => {
    const failing = new AbortController();
    const told: object[] = [];
    const log = pino({ level: 'warn' }, { write: (line: string) => void told.push(JSON.parse(line)) });
    const { pool } = openPool({ min: 1, max: 2, log, failure: failing.signal });
    expect(pool.figures).toMatchObject({ failed: 0, doubt: null });
    await pool.claim(never);
    failing.abort(new Error('BUG: bad page\n[ end trace ]'));
    expect(await until(pool, { failed: 1 })).toMatchObject({ doubt: 'fork-1: BUG: bad page', problem: null });
    await until(pool, { ready: 1, claimed: 1 });
    expect(told).toMatchObject([{ pool: 'ready', machine: 'fork-1', reason: 'BUG: bad page' }]);
  });

  it('says to what it makes that somebody waits, but not for who does not', async () => {
    const { promise, resolve } = Promise.withResolvers<void>();
    const { pool, made, hurries } = openPool({ min: 1, gate: () => promise });
    await expect(pool.claim(never, { wait: AbortSignal.abort() })).rejects.toMatchObject({ code: 'busy' });
    expect(hurries.map(({ aborted }) => aborted)).toEqual([false]);
    const claimed = pool.claim(never);
    expect(hurries.map(({ aborted }) => aborted)).toEqual([true]);
    resolve();
    expect(await claimed).toBe(made[0]);
    await pool.filled(never);
    expect(hurries.map(({ aborted }) => aborted)).toEqual([true, false]);
  });

  it('gives nobody what another has', async () => {
    const { pool } = openPool();
    const claims = await Promise.all([1, 2, 3, 4].map(() => pool.claim(never)));
    expect(new Set(claims).size).toBe(4);
    expect(await until(pool, { claimed: 4 })).toMatchObject({ ready: 0, opening: 0 });
  });

  it('makes one at once for whoever finds none ready', async () => {
    const { pool, made } = openPool({ min: 0 });
    expect(pool.figures).toMatchObject({ ready: 0, opening: 0 });
    expect(await pool.claim(never)).toBe(made[0]);
    expect(made[0]?.background).toBe(false);
  });

  it('makes those that wait at the same time', async () => {
    const gate = Promise.withResolvers<void>();
    const { pool } = openPool({ min: 0, gate: () => gate.promise });
    const claims = [1, 2, 3].map(() => pool.claim(never));
    expect(await until(pool, { opening: 3 })).toMatchObject({ waiting: 3 });
    gate.resolve();
    expect(new Set(await Promise.all(claims)).size).toBe(3);
  });

  it('lets a claim beyond the most wait until one ends, the first first', async () => {
    const { pool } = openPool({ min: 1, max: 1 });
    const one = await pool.claim(never);
    const order: string[] = [];
    const claim = async (name: string) => {
      const it = await pool.claim(never);
      order.push(name);
      return it;
    };
    const [second, third] = [claim('second'), claim('third')];
    await until(pool, { waiting: 2 });
    one.end();
    (await second).end();
    await third;
    expect(order).toEqual(['second', 'third']);
  });

  it('refuses a claim whose wait ends, with figures', async () => {
    const { pool } = openPool({ min: 1, max: 1, clock: () => new Date(0) });
    await pool.claim(never);
    await expect(pool.claim(never, { wait: AbortSignal.abort() })).rejects.toMatchInlineSnapshot(
      `[BusyError: the pool ready has no machine left: 1 of 1 machines are claimed, 0 are being made, 1 claims wait]`,
    );
    expect(pool.figures).toMatchObject({ refused: 1, claimed: 1, waiting: 0 });
  });

  it('lets a claim give up, with its own reason', async () => {
    const { pool } = openPool({ min: 1, max: 1 });
    const one = await pool.claim(never);
    const caller = new AbortController();
    const claim = pool.claim(caller.signal);
    await until(pool, { waiting: 1 });
    caller.abort(new Error('enough'));
    await expect(claim).rejects.toThrow('enough');
    one.end();
    await until(pool, { ready: 1, refused: 1, waiting: 0 });
  });

  it('replaces one that breaks while it is ready, and counts it', async () => {
    const { pool, made } = openPool();
    await pool.filled(never);
    made[0]?.end();
    await until(pool, { ready: 2, broken: 1 });
    expect(made[0]?.disposed).toBe(true);
    expect(await pool.claim(never)).not.toBe(made[0]);
  });

  it('gives the next one where one breaks as it is claimed', async () => {
    const start = async ({ name }: One) => {
      if (name === 'fork-1') throw new DeviceError('QEMU was killed', { event: 'EXIT', tail: '' });
    };
    const { pool, made } = openPool({ start });
    await pool.filled(never);
    expect(await pool.claim(never)).toBe(made[1]);
    expect(made[0]?.disposed).toBe(true);
    await until(pool, { ready: 2, claimed: 1, broken: 1, given: 1 });
  });

  it('stops making what breaks again and again, until somebody claims', async () => {
    const { pool, made } = openPool({ min: 1 });
    for (let broken = 1; broken <= 5; broken++) {
      await until(pool, { ready: 1 });
      made.at(-1)?.end();
      await until(pool, { broken });
    }
    expect(pool.figures).toMatchObject({
      ready: 0,
      opening: 0,
      problem: expect.stringContaining('in a row'),
    });
    await pool.claim(never);
    await until(pool, { ready: 1, claimed: 1, problem: null });
  });

  const full = new CapacityError('this host has 1 MiB of memory', { needed: 2, free: 1 });

  it('says why it cannot make any, to those who wait and in its figures, and tries again for the next', async () => {
    let open = false;
    const gate = async () => {
      if (!open) throw full;
    };
    const { pool } = openPool({ min: 1, gate });
    await expect(pool.filled(never)).rejects.toBe(full);
    await expect(pool.claim(never)).rejects.toBe(full);
    expect(pool.figures).toMatchObject({ ready: 0, refused: 1, problem: full.message });
    open = true;
    await pool.claim(never);
    await until(pool, { ready: 1, problem: null });
  });

  it('lets a claim wait that cannot be made one, where another may end', async () => {
    let room = 1;
    const gate = async () => {
      if (room-- <= 0) throw full;
    };
    const { pool } = openPool({ min: 0, gate });
    const one = await pool.claim(never);
    const second = pool.claim(never);
    await until(pool, { waiting: 1, opening: 0, problem: full.message });
    room = 1;
    one.end();
    await second;
  });

  it('ends those that are ready when it is closed, refuses those who wait, and leaves what was claimed', async () => {
    const { pool, made } = openPool({ min: 1, max: 2 });
    const [one, two] = [await pool.claim(never), await pool.claim(never)];
    const waits = pool.claim(never);
    await until(pool, { waiting: 1 });
    await Promise.all([
      expect(waits).rejects.toMatchObject({ code: 'state', state: 'closed' }),
      pool[Symbol.asyncDispose](),
    ]);
    await expect(pool.claim(never)).rejects.toMatchObject({ code: 'state' });
    expect([one.disposed, two.disposed]).toEqual([false, false]);
    expect(made).toHaveLength(2);
  });

  it('ends what is still being made when it is closed', async () => {
    const gate = Promise.withResolvers<void>();
    const { pool, made } = openPool({ gate: () => gate.promise });
    await until(pool, { opening: 1 });
    const closed = pool[Symbol.asyncDispose]();
    gate.resolve();
    await closed;
    expect(made.map(({ disposed }) => disposed)).toEqual([true]);
  });

  /** A pool in which one does not end before `rest`; resolves when that has been told to. */
  function openHeld(parts: Partial<WarmPoolParts<One>> = {}) {
    const [begun, rest] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
    const onDispose = async ({ name }: One) => {
      if (name !== 'fork-1') return;
      begun.resolve();
      await rest.promise;
    };
    return { ...openPool({ ...parts, onDispose }), begun: begun.promise, rest: rest.resolve };
  }

  /** Whether `closed` comes only once the rest has. */
  async function expectToWait(
    { made, rest }: ReturnType<typeof openHeld>,
    ...closed: PromiseLike<void>[]
  ): Promise<void> {
    const disposed = Promise.all(closed.map((one) => one.then(() => made[0]?.disposed)));
    await setImmediate();
    rest();
    expect(await disposed).toEqual(closed.map(() => true));
  }

  it('is closed once that has ended, too, which broke while it was ready', async () => {
    const held = openHeld();
    await held.pool.filled(never);
    held.made[0]?.end();
    await held.begun;
    await expectToWait(held, held.pool[Symbol.asyncDispose]());
  });

  it('is closed once that has ended, too, which broke as it was claimed', async () => {
    const start = async () => Promise.reject(new DeviceError('QEMU was killed', { event: 'EXIT', tail: '' }));
    const held = openHeld({ start, min: 1, max: 1 });
    const claim = held.pool.claim(never);
    await held.begun;
    const closed = held.pool[Symbol.asyncDispose]();
    await Promise.all([expectToWait(held, closed), expect(claim).rejects.toMatchObject({ code: 'state' })]);
  });

  it('waits for the same when it is closed again', async () => {
    const held = openHeld();
    await held.pool.filled(never);
    await expectToWait(held, held.pool[Symbol.asyncDispose](), held.pool[Symbol.asyncDispose]());
  });

  it('tells what has not ended well once all others have ended', async () => {
    const onDispose = async ({ name }: One) => {
      if (name === 'fork-1') throw new Error('QEMU does not end');
      await setImmediate();
    };
    const { pool, made } = openPool({ onDispose });
    await pool.filled(never);
    await expect(pool[Symbol.asyncDispose]()).rejects.toThrow('QEMU does not end');
    expect(made.map(({ disposed }) => disposed)).toEqual([false, true]);
  });
});
