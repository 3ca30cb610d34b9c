import {
  type Duration,
  parseDuration,
  raceSignal,
  StateError,
  startDeadline,
  type WaitOptions,
} from '../core/index.ts';
import type { Machine, PoolInfo } from '../interfaces/index.ts';
import { requireOffered } from './missing.ts';
import type { RemoteNode } from './node.ts';
import { connectFork, type Forked, type ForkLine, lineOf } from './snapshots.ts';

/** What a pool is to keep. */
export interface PoolOptions extends WaitOptions {
  /** The snapshot that its machines are forks of. */
  readonly from: string;
  /** How many are kept ready: loaded, with their CPUs standing still. */
  readonly min: number;
  /** The most that there may be at a time, those that are claimed included. */
  readonly max: number;
}

/** How a machine is claimed. */
export interface ClaimOptions extends WaitOptions {
  /** How long to wait for a machine where none is ready: `0` takes a ready one or none. By default it waits as long as the call may take. */
  readonly wait?: Duration | undefined;
}

/** Machines that are ready before anybody asks. Disposing of it ends those that nobody has claimed. */
export interface Pool<M> extends AsyncDisposable {
  /** How it is, as far as has been heard. */
  readonly info: PoolInfo;
  /**
   * Gives a machine that nobody else has; it runs, and disposing of it ends it. Where none is ready it is made at once; where as many
   * live as may (`max`), it waits until one ends, or until `wait` is over.
   *
   * @throws BusyError with figures when `wait` is over; CapacityError when this host has no memory for another one
   */
  claim(options?: ClaimOptions): Promise<Forked<M>>;
  /** Resolves when as many are ready as should be. @throws StateError with the reason when that cannot be */
  filled(options?: WaitOptions): Promise<void>;
  /** How it is, and whenever that changes, until it is closed. */
  follow(options?: Pick<WaitOptions, 'signal'>): AsyncIterable<PoolInfo>;
}

/** Keeps forks of a machine ready. */
export type KeepPool = <Self extends object>(this: Self, options: PoolOptions) => Promise<Pool<Self>>;

const STOCK = ['get_hostname', 'get_username', 'get_password', 'set_disk_size', 'set_memory_size'];

/** How pools of the machine `node` are made. */
export function createKeepPool(node: RemoteNode<typeof Machine>): KeepPool {
  const keep = async (options: PoolOptions): Promise<Pool<object>> => {
    requireOffered(node, 'poolKeep', 'pool', STOCK);
    return await RemotePool.open(node, options);
  };
  return keep as unknown as KeepPool; // SAFE: what it gives is what the rig of this handle says, which is what `Self` is
}

/** Claims a machine for somebody else. */
export type OpenClaim = (
  options?: ClaimOptions & { readonly from?: string | undefined },
) => Promise<ForkLine>;

/** How machines of the pools of `node` are claimed for somebody else. */
export function createOpenClaim(node: RemoteNode<typeof Machine>): OpenClaim {
  return async ({ from, ...options } = {}) => lineOf(node, await claim(node, from, options));
}

async function claim(
  node: RemoteNode<typeof Machine>,
  from: string | undefined,
  { wait, signal, timeout }: ClaimOptions,
) {
  requireOffered(node, 'poolClaim', 'pool.claim', STOCK);
  const request = {
    ...(from !== undefined && { from }),
    ...(wait !== undefined && { wait: parseDuration(wait) }),
  };
  return await node.calls.poolClaim(request, { signal, timeout });
}

class RemotePool implements Pool<object> {
  readonly #node: RemoteNode<typeof Machine>;
  readonly #ending: AbortController;
  #info: PoolInfo;
  #over: unknown;
  #changed = Promise.withResolvers<void>();

  private constructor(node: RemoteNode<typeof Machine>, info: PoolInfo, ending: AbortController) {
    this.#node = node;
    this.#info = info;
    this.#ending = ending;
  }

  static async open(
    node: RemoteNode<typeof Machine>,
    { from, min, max, signal, timeout }: PoolOptions,
  ): Promise<RemotePool> {
    const ending = new AbortController();
    const news = node.calls.poolKeep({ from, min, max }, { signal: ending.signal })[Symbol.asyncIterator]();
    try {
      using deadline = startDeadline(
        { signal, timeout },
        { operation: 'pool', waitingFor: 'it to begin', fault: 'lab' },
      );
      const first = await raceSignal(news.next(), deadline.signal);
      if (first.done) throw closed(from);
      const pool = new RemotePool(node, first.value, ending);
      void pool.#listen(news);
      return pool;
    } catch (error) {
      ending.abort(error);
      throw error;
    }
  }

  get info(): PoolInfo {
    return this.#info;
  }

  async claim(options: ClaimOptions = {}): Promise<Forked<object>> {
    const answer = await claim(this.#node, this.#info.from, options);
    return await connectFork(this.#node, answer, options);
  }

  async filled(options: WaitOptions = {}): Promise<void> {
    using deadline = startDeadline(options, {
      operation: 'pool.filled',
      waitingFor: `${this.#info.min} machines to be ready`,
      fault: 'lab',
    });
    for await (const { ready, min, problem, from } of this.follow({ signal: deadline.signal })) {
      if (ready >= min) return;
      if (problem !== null)
        throw new StateError(`the pool ${from} has ${ready} of ${min} machines ready: ${problem}`, {
          state: 'short',
          needed: 'filled',
        });
    }
    throw closed(this.#info.from);
  }

  async *follow({ signal }: Pick<WaitOptions, 'signal'> = {}): AsyncGenerator<PoolInfo> {
    for (;;) {
      const changed = this.#changed.promise;
      yield this.#info;
      await (signal ? raceSignal(changed, signal) : changed);
      if (this.#over === undefined) continue;
      if (this.#ending.signal.aborted || this.#over === ENDED) return;
      throw this.#over;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    const { calls, session } = this.#node;
    // With the session its pools end as well.
    if (!session.signal.aborted)
      await calls.poolEnd(this.#info.from).catch((error) => {
        if (!session.signal.aborted) throw error;
      });
    this.#ending.abort(closed(this.#info.from));
  }

  async #listen(news: AsyncIterator<PoolInfo>): Promise<void> {
    try {
      for (let next = await news.next(); !next.done; next = await news.next()) {
        this.#info = next.value;
        this.#tell();
      }
      this.#over = ENDED;
    } catch (error) {
      this.#over = error;
    }
    this.#tell();
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

/** The exporter has ended it in order. */
const ENDED = 'ended';

const closed = (from: string) =>
  new StateError(`the pool ${from} is closed`, { state: 'closed', needed: 'open' }, { operation: 'pool' });
