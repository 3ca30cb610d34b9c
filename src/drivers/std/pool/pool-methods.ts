import { BusyError, type Log, NotFoundError, settleAll, UnsupportedError } from '../../../core/index.ts';
import type { CallContext, DriverNode, Offer, OfferedSession, Peer } from '../../../driver/index.ts';
import type { Handlers, Machine, PoolInfo, PoolRequest } from '../../../interfaces/index.ts';
import { type OpenPooled, type Pooled, WarmPool } from './warm-pool.ts';

/** A fork that is kept ready. */
export interface PooledFork extends Pooled {
  readonly root: DriverNode;
  /** How long the steps of its start took, in milliseconds. */
  readonly steps: Readonly<Record<string, number>>;
  /** Is claimed; lets it run if `run`. */
  start(options: { readonly run: boolean; readonly signal: AbortSignal }): Promise<void>;
}

/** How a fork is made ready. */
export interface PooledForkOptions extends OpenPooled {
  readonly from: string;
  /** How it serves forks of its own. */
  readonly offer: Offer;
}

export interface PoolsParts<F extends PooledFork = PooledFork> {
  /** @throws NotFoundError when there is no such snapshot */
  readonly check: (from: string) => void;
  readonly open: (options: PooledForkOptions) => Promise<F>;
  /** Serves what was claimed. */
  readonly offer: Offer | undefined;
  /** Is told how what was claimed is served. */
  readonly onServed: (name: string, session: OfferedSession) => void;
  readonly onEnded: (name: string) => void;
  readonly log: Log;
}

type PoolMethods = Pick<
  Handlers<typeof Machine, CallContext>,
  'poolKeep' | 'poolFollow' | 'poolClaim' | 'poolList' | 'poolEnd'
>;

/** One that waits until what it becomes is served itself. */
export interface ReadyFork<F extends PooledFork = PooledFork> extends Pooled {
  readonly fork: F;
  readonly serve: (own: Offer) => void;
}

/** The pools of one machine, by the snapshots that they are of. */
export class Pools<F extends PooledFork = PooledFork> implements AsyncDisposable {
  readonly #parts: PoolsParts<F>;
  readonly #pools = new Map<string, WarmPool<ReadyFork<F>>>();
  /** Nobody finds them any more, and not everything of them has gone. */
  readonly #ending = new Set<WarmPool<ReadyFork<F>>>();

  constructor(parts: PoolsParts<F>) {
    this.#parts = parts;
  }

  /** What the machine's interface has of them. */
  readonly methods: PoolMethods = {
    poolKeep: (request, { signal }) => this.#keep(request, signal),
    poolClaim: async (request, { signal, peer }) => {
      const { offer } = this.#parts;
      if (!offer)
        throw new UnsupportedError('forks are not served here', { capability: 'pool', available: [] });
      const ready = await this.#find(request?.from).claim(signal, {
        wait: waitOf(request?.wait),
      });
      const { name, steps } = ready.fork;
      const { driver, localToken } = await this.#serve(ready, offer, peer);
      return { name, driver, token: peer.local ? localToken : null, steps };
    },
    poolFollow: (from, { signal }) => this.#follow(from ?? undefined, signal),
    poolList: async () => [...this.#pools].map(([from, { figures }]) => ({ from, ...figures })),
    poolEnd: async (from) => {
      await this.#end(from);
      return null;
    },
  };

  /** Begins to keep forks ready. @throws NotFoundError without the snapshot, BusyError when there is such a pool */
  open({ from, min, max }: PoolRequest): WarmPool<ReadyFork<F>> {
    const { check, log } = this.#parts;
    check(from);
    if (this.#pools.has(from)) {
      const message = `pool: there is one of ${from} already`;
      throw new BusyError(message, { holder: 'another pool', since: new Date().toISOString() });
    }
    const pool = new WarmPool<ReadyFork<F>>({
      ...{ name: from, min, max, log },
      open: (options) => this.#makeReady({ from, ...options }),
      start: ({ fork }, options) => fork.start(options),
    });
    this.#pools.set(from, pool);
    return pool;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const names = new Set([...this.#pools.keys(), ...[...this.#ending].map(({ name }) => name)]);
    await settleAll([...names].map((from) => this.#end(from)));
  }

  async *#follow(from: string | undefined, signal: AbortSignal): AsyncGenerator<PoolInfo> {
    const pool = this.#find(from);
    for await (const figures of pool.follow(signal)) yield { from: pool.name, ...figures };
  }

  async *#keep(request: PoolRequest, signal: AbortSignal): AsyncGenerator<PoolInfo> {
    const { from } = request;
    const pool = this.open(request);
    try {
      for await (const figures of pool.follow(signal)) yield { from, ...figures };
    } finally {
      if (this.#pools.get(from) === pool) await this.#end(from);
    }
  }

  async #serve({ fork, serve }: ReadyFork, offer: Offer, peer: Peer): Promise<OfferedSession> {
    const { onServed, onEnded } = this.#parts;
    const { name, root } = fork;
    const close = async () => {
      await fork[Symbol.asyncDispose]();
      onEnded(name);
    };
    try {
      const session = await offer(async (own) => {
        serve(own);
        return { name, root: { ...root, close } };
      }, peer);
      onServed(name, session);
      return session;
    } catch (error) {
      await close();
      throw error;
    }
  }

  async #makeReady(options: Omit<PooledForkOptions, 'offer'>): Promise<ReadyFork<F>> {
    let own: Offer | undefined;
    const offer: Offer = (open) => {
      if (own) return own(open);
      throw new UnsupportedError('nobody has claimed it', { capability: 'fork', available: [] });
    };
    const fork = await this.#parts.open({ ...options, offer });
    const serve = (served: Offer) => {
      own = served;
    };
    const { name, ended, failure } = fork;
    return { name, ended, failure, fork, serve, [Symbol.asyncDispose]: () => fork[Symbol.asyncDispose]() };
  }

  #find(from: string | undefined): WarmPool<ReadyFork<F>> {
    const known = [...this.#pools.keys()];
    const name = from ?? (known.length === 1 ? known[0] : undefined);
    const pool = name === undefined ? undefined : this.#pools.get(name);
    if (pool) return pool;
    const there = known.join(', ') || 'none';
    const message =
      from === undefined && known.length > 0
        ? `say which pool is meant; there are: ${there}`
        : `there is no pool${from === undefined ? '' : ` of ${JSON.stringify(from)}`}; there are: ${there}`;
    throw new NotFoundError(message, { what: 'pool', missing: from ?? '', known });
  }

  /** Resolves when nothing is left of any pool of that snapshot, also of one that was about to end: its keeper may have gone. */
  async #end(from: string): Promise<void> {
    const pool = this.#pools.get(from);
    this.#pools.delete(from);
    if (pool) this.#ending.add(pool);
    const ending = [...this.#ending].filter(({ name }) => name === from);
    try {
      await settleAll(ending.map((one) => one[Symbol.asyncDispose]()));
    } finally {
      for (const one of ending) this.#ending.delete(one);
    }
  }
}

/** When a claim is refused that still waits. */
function waitOf(wait: number | undefined): AbortSignal | undefined {
  if (wait === undefined) return undefined;
  return wait === 0 ? AbortSignal.abort() : AbortSignal.timeout(wait);
}
