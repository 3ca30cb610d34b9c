import { BusyError, ConfigError, NotFoundError } from '../../../core/index.ts';
import type { CallContext } from '../../../driver/index.ts';
import type { SnapshotInfo } from '../../../interfaces/index.ts';
import { Ahead } from './ahead.ts';
import { checkForkRoom } from './fork-room.ts';
import type { Fork, ForkStart } from './fork-start.ts';
import { type HowToSave, Saver, type SaverParts } from './saver.ts';
import type { Snapshot } from './snapshot.ts';

/** What a snapshot is for. */
export interface SaveOptions {
  /** So many forks of it are made ready ahead. */
  readonly ahead?: number | undefined;
  /** It was saved as soon as it had booted: whoever starts from it is shown that boot. */
  readonly booted?: boolean;
}

export interface SnapshotsParts<F extends Fork> extends SaverParts {
  /** Is called when there is one more to start from. */
  readonly onSaved: () => void;
  /** Starts this machine from a saved one, in place of what it is. */
  readonly start: (snapshot: Snapshot, operation: string, context: CallContext) => Promise<void>;
  /** Starts another machine from a saved one. */
  readonly openFork: (snapshot: Snapshot, name: string, start: ForkStart) => Promise<F>;
}

/** The saved states of one machine, and the machines that were started from them. They end with it. */
export class Snapshots<F extends Fork = Fork> implements AsyncDisposable {
  readonly #parts: SnapshotsParts<F>;
  readonly #snapshots = new Map<string, Snapshot>();
  readonly #forks = new Map<string, F>();
  readonly #ending = new Map<F, Promise<void>>();
  /** What is made ready before somebody asks for it. */
  readonly #ahead = new Map<Snapshot, Ahead<F>>();
  readonly #saver: Saver;
  #forked = 0;

  constructor(parts: SnapshotsParts<F>) {
    this.#parts = parts;
    this.#saver = new Saver(parts);
  }

  /** Saves the machine under a name that no other snapshot has. */
  async save(
    name: string,
    context: CallContext,
    { ahead = 0, booted = false }: SaveOptions = {},
  ): Promise<SnapshotInfo> {
    if (this.#snapshots.has(name)) {
      const message = `got ${JSON.stringify(name)}, which is there already; delete it first, or take another name`;
      throw new ConfigError(`name: ${message}`, { issues: [{ path: 'name', message }] });
    }
    const snapshot = await this.#save(name, context, { booted, still: booted });
    this.#parts.onSaved();
    this.#keepAhead(snapshot, ahead);
    return await this.#describe(snapshot);
  }

  /** Saves the machine for as long as `use` takes, without a name. Whoever wants to do something with it meanwhile goes before. */
  async whileSaved(context: CallContext, use: (snapshot: Snapshot) => Promise<void>): Promise<void> {
    // No name that anybody may give.
    const snapshot = await this.#save('.passing', context, { passing: true, yields: true, still: true });
    try {
      await use(snapshot);
    } finally {
      await this.#drop(snapshot);
    }
  }

  /** All of them, the oldest first. */
  async list(): Promise<SnapshotInfo[]> {
    return await Promise.all([...this.#snapshots.values()].map((snapshot) => this.#describe(snapshot)));
  }

  /** The machine becomes what it was then. */
  async restore(name: string, context: CallContext): Promise<void> {
    await this.#parts.start(this.#find(name), 'snapshots.restore', context);
  }

  /** @throws BusyError with the names of the forks that live of it. */
  async delete(name: string): Promise<void> {
    const snapshot = this.#find(name);
    const [first] = snapshot.forks;
    if (first !== undefined) {
      const names = snapshot.forks.join(', ');
      const message = `snapshots.delete: ${name} cannot be deleted: ${names} started from it and lives; close it first`;
      throw new BusyError(message, { holder: names, since: snapshot.created.toISOString() });
    }
    await this.#drop(snapshot);
  }

  /**
   * Starts a machine from the snapshot `from`; from one that is made for it, and goes with it, if there is no name.
   */
  async fork(from: string | undefined, start: ForkStart): Promise<F> {
    const { context } = start;
    const ready = from === undefined ? undefined : await this.#forkAhead(this.#find(from), start);
    if (ready) return ready;
    const name = this.#nextName();
    const snapshot =
      from === undefined ? await this.#save(`live-${name}`, context, { passing: true }) : this.#find(from);
    // From here on it cannot be deleted.
    snapshot.add(name);
    try {
      await this.#makeRoom(snapshot);
      const fork = await this.#parts.openFork(snapshot, name, start);
      this.#forks.set(name, fork);
      return fork;
    } catch (error) {
      await this.#release(snapshot, name);
      throw error;
    } finally {
      this.#ahead.get(snapshot)?.prepare();
    }
  }

  /** One that was made ready ahead, running now. */
  async #forkAhead(snapshot: Snapshot, { offer, context, stage }: ForkStart): Promise<F | undefined> {
    const ahead = stage === 'running' ? this.#ahead.get(snapshot) : undefined;
    if (!ahead) return undefined;
    // It cannot be deleted meanwhile, whichever it will be.
    const held = `one on its way (${this.#nextName()})`;
    snapshot.add(held);
    try {
      const fork = await ahead.take(offer, context);
      if (fork) {
        snapshot.add(fork.name);
        this.#forks.set(fork.name, fork);
      }
      return fork;
    } finally {
      snapshot.remove(held);
      ahead.prepare();
    }
  }

  #keepAhead(snapshot: Snapshot, count: number): void {
    if (count === 0) return;
    const open = async (start: ForkStart) => {
      await this.#checkRoom(snapshot);
      return await this.#parts.openFork(snapshot, this.#nextName(), start);
    };
    const ahead = new Ahead({ count, open, log: this.#parts.log });
    this.#ahead.set(snapshot, ahead);
    ahead.prepare();
  }

  #nextName(): string {
    return `fork-${++this.#forked}`;
  }

  /** @throws NotFoundError when there is no such snapshot. */
  check(name: string): void {
    this.#find(name);
  }

  /** Ends a fork. Called again meanwhile, it waits for the same. */
  end(fork: F): Promise<void> {
    const ending = this.#ending.get(fork) ?? this.#end(fork).finally(() => this.#ending.delete(fork));
    this.#ending.set(fork, ending);
    return ending;
  }

  async #end(fork: F): Promise<void> {
    this.#forks.delete(fork.name);
    await fork[Symbol.asyncDispose]();
    const snapshot = [...this.#snapshots.values()].find(({ forks }) => forks.includes(fork.name));
    if (snapshot) await this.#release(snapshot, fork.name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using stack = new AsyncDisposableStack();
    stack.use(this.#saver);
    for (const snapshot of this.#snapshots.values()) stack.defer(() => this.#drop(snapshot));
    for (const fork of [...this.#forks.values(), ...this.#ending.keys()]) stack.defer(() => this.end(fork));
  }

  async #save(name: string, context: CallContext, how: HowToSave): Promise<Snapshot> {
    const snapshot = await this.#saver.save(name, context, how);
    this.#snapshots.set(name, snapshot);
    return snapshot;
  }

  /** As `checkForkRoom`; what only waits to be asked for goes before. */
  async #makeRoom(snapshot: Snapshot): Promise<void> {
    try {
      await this.#checkRoom(snapshot);
    } catch (error) {
      if (this.#ahead.size === 0) throw error;
      await Promise.all([...this.#ahead.values()].map((ahead) => ahead.drop()));
      await this.#checkRoom(snapshot);
    }
  }

  async #checkRoom(snapshot: Snapshot): Promise<void> {
    const resting = [...this.#forks.values()].filter((fork) => fork.resting?.rests);
    await checkForkRoom(snapshot, this.#parts.equipment, resting.length);
  }

  #find(name: string): Snapshot {
    const snapshot = this.#snapshots.get(name);
    if (snapshot) return snapshot;
    const known = [...this.#snapshots.keys()];
    const message = `there is no snapshot ${JSON.stringify(name)}; there are: ${known.join(', ') || 'none'}`;
    throw new NotFoundError(message, { what: 'snapshot', missing: name, known });
  }

  async #describe(snapshot: Snapshot): Promise<SnapshotInfo> {
    const { name, created, saved } = snapshot;
    const forks = [...snapshot.forks];
    const own = forks.map(async (fork) => {
      const space = await this.#forks.get(fork)?.space();
      return { name: fork, memory: space?.memory ?? 0, disk: space?.disk ?? 0 };
    });
    const [shared, ...machines] = await Promise.all([snapshot.space(), ...own]);
    const ahead = this.#ahead.get(snapshot)?.ready ?? 0;
    return { name, created: created.toISOString(), pause: saved.pause, ...shared, ahead, forks, machines };
  }

  async #release(snapshot: Snapshot, fork: string): Promise<void> {
    snapshot.remove(fork);
    if (snapshot.passing && snapshot.forks.length === 0) await this.#drop(snapshot);
  }

  async #drop(snapshot: Snapshot): Promise<void> {
    if (!this.#snapshots.delete(snapshot.name)) return;
    const ahead = this.#ahead.get(snapshot);
    this.#ahead.delete(snapshot);
    await ahead?.[Symbol.asyncDispose]();
    await snapshot[Symbol.asyncDispose]();
  }
}
