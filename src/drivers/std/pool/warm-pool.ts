import {
  BusyError,
  firstLine,
  type Log,
  raceSignal,
  StateError,
  settleAll,
  UnderWay,
} from '../../../core/index.ts';

/** What a pool keeps ready. Disposing of it ends it. */
export interface Pooled extends AsyncDisposable {
  readonly name: string;
  /** Resolves when it has ended, by itself or because somebody has ended it. */
  readonly ended: Promise<void>;
  /** Aborts when it fails in a way that what it was made of may be to blame for, with the error of that. */
  readonly failure?: AbortSignal | undefined;
}

/** How one is made ready. */
export interface OpenPooled {
  /** Nobody waits for it. */
  readonly background: boolean;
  /** Aborts when somebody does after all: what need not be done is left. */
  readonly hurry: AbortSignal;
  /** Gives it up. */
  readonly signal: AbortSignal;
}

export interface WarmPoolParts<T extends Pooled> {
  /** What errors call it. */
  readonly name: string;
  /** How many are to be ready. */
  readonly min: number;
  /** How many there may be, the claimed ones included. */
  readonly max: number;
  /** Makes another one ready. */
  readonly open: (options: OpenPooled) => Promise<T>;
  /** Makes one that was ready what a claim is given; with `run: false`, one that is ready all the same, and its claimer's. */
  readonly start: (one: T, options: { readonly run: boolean; readonly signal: AbortSignal }) => Promise<void>;
  readonly log: Log;
  readonly clock?: (() => Date) | undefined;
}

/** How a pool is. */
export interface PoolFigures {
  readonly min: number;
  readonly max: number;
  readonly ready: number;
  /** Claimed, and not ended. */
  readonly claimed: number;
  /** On the way to be ready. */
  readonly opening: number;
  /** Claims that wait. */
  readonly waiting: number;
  /** Claims that were given one, over all. */
  readonly given: number;
  /** How many ended, or could not start, before a claim had them. */
  readonly broken: number;
  /** Claims that got none: it had none in time, or could not make one. */
  readonly refused: number;
  /** How many have failed in a way that what all are made of may be to blame for. */
  readonly failed: number;
  /** What the latest of those failed of; null while there was none. */
  readonly doubt: string | null;
  /** Why there are not as many ready as there should be; null when nothing is in the way. */
  readonly problem: string | null;
}

/** How one is claimed. */
export interface WarmClaim {
  /** Ends the wait, with a refusal. */
  readonly wait?: AbortSignal | undefined;
  /** Whether it is to run; default: true. */
  readonly run?: boolean;
}

/** After so many in a row that broke while they were ready, no more are made until somebody claims one. */
const HOPELESS = 5;

/** Somebody who waits for one. */
interface Waiter<T> {
  readonly take: (one: T) => void;
  readonly fail: (error: unknown) => void;
}

/** Keeps some ready ahead of whoever claims them. What one claim has got no other gets. */
export class WarmPool<T extends Pooled> implements AsyncDisposable {
  readonly #parts: WarmPoolParts<T>;
  readonly #ready: T[] = [];
  /** With the time of the claim. */
  readonly #claimed = new Map<T, Date>();
  readonly #opening = new Set<Promise<void>>();
  /** Those that broke before anybody had them, until nothing is left of them. */
  readonly #ending = new UnderWay();
  readonly #waiters: Waiter<T>[] = [];
  readonly #closing = new AbortController();
  readonly #counts = { given: 0, broken: 0, refused: 0, failed: 0 };
  #doubt: string | undefined;
  #hurry = new AbortController();
  #problem: string | undefined;
  #failure: unknown;
  #brokenInRow = 0;
  #changed = Promise.withResolvers<void>();
  #closed: Promise<void> | undefined;

  constructor(parts: WarmPoolParts<T>) {
    this.#parts = parts;
    this.#fill();
  }

  get name(): string {
    return this.#parts.name;
  }

  get figures(): PoolFigures {
    const { min, max } = this.#parts;
    return {
      ...{ min, max },
      ready: this.#ready.length,
      claimed: this.#claimed.size,
      opening: this.#opening.size,
      waiting: this.#waiters.length,
      ...this.#counts,
      doubt: this.#doubt ?? null,
      problem: this.#problem ?? null,
    };
  }

  /** The figures as they are now, and whenever they have changed. Ends when the pool is closed. */
  async *follow(signal: AbortSignal): AsyncGenerator<PoolFigures> {
    while (!this.#closing.signal.aborted) {
      const changed = this.#changed.promise;
      yield this.figures;
      await raceSignal(changed, signal);
    }
  }

  /**
   * Gives one that nobody else has: a ready one, or the next that is. Where as many live as may, it waits until one ends.
   *
   * @param signal Ends the wait.
   * @throws BusyError when `wait` ends it, StateError when the pool is closed, what keeps the pool from making one
   */
  async claim(signal: AbortSignal, { wait, run = true }: WarmClaim = {}): Promise<T> {
    try {
      for (;;) {
        const ready = this.#ready.shift();
        if (ready) this.#claimed.set(ready, this.#now());
        const one = ready ?? (await this.#next(signal, wait));
        if (await this.#started(one, { run, signal })) return this.#give(one);
      }
    } catch (error) {
      this.#counts.refused++;
      throw error;
    } finally {
      this.#announce();
    }
  }

  /** Resolves when as many are ready as should be. @throws what keeps the pool from that */
  async filled(signal: AbortSignal): Promise<void> {
    for await (const { ready, min, problem } of this.follow(signal)) {
      if (ready >= min) return;
      if (problem !== null) throw this.#failure;
    }
    throw this.#closedError();
  }

  /** Ends those that are ready and refuses whoever waits; resolves when nothing is left of them. What was claimed is its claimer's. */
  [Symbol.asyncDispose](): Promise<void> {
    this.#closed ??= this.#close();
    return this.#closed;
  }

  async #close(): Promise<void> {
    this.#closing.abort(this.#closedError());
    for (const { fail } of this.#waiters.splice(0)) fail(this.#closedError());
    this.#announce();
    const ready = this.#ready.splice(0).map((one) => one[Symbol.asyncDispose]());
    await settleAll([...this.#opening, ...ready, this.#ending.over()]);
  }

  /** Waits for its turn to get the next one. */
  async #next(signal: AbortSignal, wait?: AbortSignal): Promise<T> {
    signal.throwIfAborted();
    this.#closing.signal.throwIfAborted();
    const { promise, resolve: take, reject: fail } = Promise.withResolvers<T>();
    const waiter = { take, fail };
    this.#waiters.push(waiter);
    const giveUp = () => {
      fail(signal.aborted ? signal.reason : this.#busy());
      const index = this.#waiters.indexOf(waiter);
      if (index >= 0) this.#waiters.splice(index, 1);
    };
    const ends = [signal, ...(wait ? [wait] : [])];
    for (const over of ends) over.addEventListener('abort', giveUp, { once: true });
    this.#brokenInRow = 0;
    this.#fill();
    if (wait?.aborted) giveUp();
    else this.#hurryUp();
    try {
      return await promise;
    } finally {
      for (const over of ends) over.removeEventListener('abort', giveUp);
    }
  }

  #hurryUp(): void {
    this.#hurry.abort();
    this.#hurry = new AbortController();
  }

  /** Whether it is what a claim is given. One that is not has broken, and is replaced. */
  async #started(one: T, options: { readonly run: boolean; readonly signal: AbortSignal }): Promise<boolean> {
    const { signal } = options;
    try {
      await this.#parts.start(one, options);
      return true;
    } catch (error) {
      this.#claimed.delete(one);
      await this.#end(one).catch(() => undefined);
      if (signal.aborted) {
        this.#fill();
        throw signal.reason;
      }
      this.#noteBroken(one, String(error));
      return false;
    }
  }

  #give(one: T): T {
    this.#counts.given++;
    this.#brokenInRow = 0;
    void one.ended.then(() => {
      this.#claimed.delete(one);
      this.#fill();
    });
    // A moment later: whoever has claimed it goes first.
    setImmediate(() => this.#fill());
    return one;
  }

  /** Makes as many as are missing: for those who wait all at once, others one after the other. */
  #fill(): void {
    const { min, max } = this.#parts;
    while (!this.#closing.signal.aborted) {
      const [waiting, opening] = [this.#waiters.length, this.#opening.size];
      const alive = this.#ready.length + this.#claimed.size + opening;
      const background = opening >= waiting;
      const missing = waiting + min - this.#ready.length - opening;
      if (alive >= max || missing <= 0) break;
      if (background && (opening > 0 || this.#brokenInRow >= HOPELESS)) break;
      this.#add(background);
    }
    this.#announce();
  }

  #add(background: boolean): void {
    const { open } = this.#parts;
    const { signal } = this.#closing;
    const done = open({ background, hurry: this.#hurry.signal, signal }).then(
      async (one) => {
        this.#opening.delete(done);
        if (signal.aborted) return await one[Symbol.asyncDispose]();
        this.#problem = undefined;
        this.#put(one);
        this.#fill();
      },
      (error: unknown) => {
        this.#opening.delete(done);
        if (!signal.aborted) this.#failed(error);
      },
    );
    this.#opening.add(done);
  }

  #put(one: T): void {
    const { failure } = one;
    const onFailure = () => this.#suspect(one, firstLine(failure?.reason));
    if (failure?.aborted) onFailure();
    else failure?.addEventListener('abort', onFailure, { once: true });
    void one.ended.then(() => this.#lost(one));
    const waiter = this.#waiters.shift();
    if (!waiter) return void this.#ready.push(one);
    // From now on, and not only when whoever waits is told so.
    this.#claimed.set(one, this.#now());
    waiter.take(one);
  }

  /** One that was ready has ended by itself. */
  #lost(one: T): void {
    const index = this.#ready.indexOf(one);
    if (index < 0) return;
    this.#ready.splice(index, 1);
    this.#end(one).then(
      () => this.#noteBroken(one, 'it has ended'),
      (error) => this.#noteBroken(one, String(error)),
    );
  }

  /** Ends one that is nobody's. */
  #end(one: T): Promise<void> {
    return this.#ending.add(one[Symbol.asyncDispose]());
  }

  #noteBroken({ name }: T, reason: string): void {
    const { log, name: pool } = this.#parts;
    this.#counts.broken++;
    this.#brokenInRow++;
    log.warn({ pool, machine: name, reason }, 'a machine of the pool broke before anybody had it');
    if (this.#brokenInRow === HOPELESS)
      this.#blame(
        new Error(`${HOPELESS} in a row broke before anybody had them; the next claim tries again`),
      );
    this.#fill();
  }

  /** What all are made of may be to blame. They go on being made: the failure may as well be of its own user's making. */
  #suspect({ name }: T, reason: string): void {
    const { log, name: pool } = this.#parts;
    this.#counts.failed++;
    this.#doubt = `${name}: ${reason}`;
    log.warn(
      { pool, machine: name, reason },
      'a machine of the pool failed: what all of them are made of may have the same bug, and should be made anew',
    );
    this.#announce();
  }

  /** One could not be made. It is tried again when something has changed: another has ended, or somebody asks. */
  #failed(error: unknown): void {
    this.#blame(error);
    // Whoever waits may still get one that ends; if there is none, nobody will come.
    const hope = this.#claimed.size + this.#opening.size + this.#ready.length > 0;
    if (!hope) for (const { fail } of this.#waiters.splice(0)) fail(error);
    this.#announce();
  }

  #blame(error: unknown): void {
    const { log, name: pool } = this.#parts;
    const problem = error instanceof Error ? error.message : String(error);
    this.#failure = error;
    if (this.#problem === undefined)
      log.warn({ pool, reason: problem }, 'the pool has less ready than it should');
    this.#problem = problem;
  }

  #busy(): BusyError {
    const { name, max } = this.#parts;
    const since = [...this.#claimed.values()][0] ?? this.#now();
    const { claimed, opening, waiting } = this.figures;
    const what = `${claimed} of ${max} machines are claimed, ${opening} are being made, ${waiting} claims wait`;
    const why = this.#problem === undefined ? '' : `; ${this.#problem}`;
    const holder = `${claimed} claims`;
    const message = `the pool ${name} has no machine left: ${what}${why}`;
    return new BusyError(message, { holder, since: since.toISOString() }, { operation: 'pool.claim' });
  }

  #closedError(): StateError {
    const message = `the pool ${this.#parts.name} is closed`;
    return new StateError(message, { state: 'closed', needed: 'open' }, { operation: 'pool.claim' });
  }

  #now(): Date {
    return (this.#parts.clock ?? (() => new Date()))();
  }

  #announce(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
