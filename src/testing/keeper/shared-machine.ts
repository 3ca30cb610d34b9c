import type { MachineDriver } from '../../bare-machine.ts';
import { type Connected, connect, forkLine } from '../../client/index.ts';
import { type Log, raceSignal, StateError } from '../../core/index.ts';
import { type ExporterSession, openSession } from '../../exporter/index.ts';
import type { ClaimedMachine, LeftFork } from './contract.ts';
import { type KeptFork, keepFork } from './kept-fork.ts';

/** What a machine of a run is made with. */
export interface SharedMachineParts {
  readonly name: string;
  readonly driver: MachineDriver;
  readonly artifacts: string | undefined;
  readonly log: Log;
}

type Opened = Pick<ExporterSession, 'socket' | 'close'>;

/** A machine of a run of tests: opened by the first who claims it, booted by one of them at a time until one has succeeded. */
export class SharedMachine implements AsyncDisposable {
  readonly name: string;
  /** Somebody has claimed it in this run. */
  wanted = false;
  readonly #parts: SharedMachineParts;
  readonly #kept: KeptFork[] = [];
  #session: Opened | undefined;
  #closing: Promise<void> | undefined;
  #state: 'off' | 'ready' | 'failed' = 'off';
  #failure = '';
  /** Resolves when whoever came before has had his turn. */
  #turns: Promise<unknown> = Promise.resolve();
  #booting: PromiseWithResolvers<void> | undefined;

  constructor(parts: SharedMachineParts) {
    this.#parts = parts;
    this.name = parts.name;
  }

  /** True once nobody can use it as it is. */
  get hasFailed(): boolean {
    return this.#state === 'failed';
  }

  /** How to get into the forks that outlived their tests. */
  get kept(): string[] {
    return this.#kept.map(({ entrance }) => entrance);
  }

  /** Tells where the machine is, once nobody else is booting it. Ends with the turn of whoever is to boot it. */
  async *claim(signal: AbortSignal): AsyncGenerator<ClaimedMachine> {
    this.wanted = true;
    using turn = this.#takeTurn();
    await raceSignal(turn.came, signal);
    if (this.#state === 'failed') {
      const message = `the machine did not get ready in this run: ${this.#failure}`;
      throw new StateError(message, { state: 'failed', needed: 'ready' });
    }
    this.#session ??= await this.#open(signal);
    const place = { machine: this.name, socket: this.#session.socket };
    if (this.#state !== 'ready') return yield* this.#lend(place, signal);
    turn[Symbol.dispose]();
    yield { ...place, boots: false };
  }

  /** Lets one boot it. */
  async *#lend(place: Omit<ClaimedMachine, 'boots'>, signal: AbortSignal): AsyncGenerator<ClaimedMachine> {
    this.#booting = Promise.withResolvers<void>();
    try {
      yield { ...place, boots: true };
      await raceSignal(this.#booting.promise, signal);
    } finally {
      // Whoever was to boot it has gone: the next one begins with a machine that nobody has touched.
      if (this.#state === 'off') await this.#close();
    }
  }

  /** It has booted and was saved. */
  becomeReady(): void {
    this.#state = 'ready';
    this.#booting?.resolve();
  }

  /** It does not get ready, whoever tries. */
  async fail(reason: string): Promise<void> {
    this.#state = 'failed';
    this.#failure = reason;
    await this.#close();
    this.#booting?.resolve();
  }

  /** Keeps a fork beyond its test. Returns how to get in. */
  async keep({ name, driver, test }: LeftFork): Promise<string> {
    const { artifacts, driver: rig } = this.#parts;
    if (!this.#session) throw new StateError('the machine is not open', { state: 'closed', needed: 'open' });
    await using stack = new AsyncDisposableStack();
    const parent: Connected<MachineDriver> = stack.use(
      await connect(this.#session.socket, rig, { artifacts }),
    );
    const fork = stack.use(await keepFork(forkLine(parent, { name, driver }), rig, test));
    const held = stack.move();
    const { entrance } = fork;
    this.#kept.push({ entrance, [Symbol.asyncDispose]: () => held.disposeAsync() });
    return entrance;
  }

  /** Ends the forks that were kept. */
  async endKept(): Promise<void> {
    await using stack = new AsyncDisposableStack();
    for (const fork of this.#kept.splice(0)) stack.use(fork);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using stack = new AsyncDisposableStack();
    stack.defer(() => this.#close());
    stack.defer(() => this.endKept());
  }

  /** Comes when all who came before have had theirs. */
  #takeTurn(): Disposable & { readonly came: Promise<unknown> } {
    const came = this.#turns;
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#turns = came.then(() => promise);
    return { came, [Symbol.dispose]: resolve };
  }

  async #open(signal: AbortSignal): Promise<Opened> {
    const { driver, artifacts, log } = this.#parts;
    return await openSession(driver, { artifacts, log, signal });
  }

  async #close(): Promise<void> {
    const session = this.#session;
    this.#session = undefined;
    if (this.#state === 'ready') this.#state = 'off';
    if (session) this.#closing = session.close();
    // Somebody else may have begun it.
    await this.#closing;
  }
}
