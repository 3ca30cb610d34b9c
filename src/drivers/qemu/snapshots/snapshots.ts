import {
  BusyError,
  CapacityError,
  ConfigError,
  type Duration,
  formatSize,
  type Log,
  NotFoundError,
  parseSize,
  requireSpace,
  StateError,
} from '../../../core/index.ts';
import type { CallContext, Offer } from '../../../driver/index.ts';
import type { SnapshotInfo } from '../../../interfaces/index.ts';
import type { Recorder } from '../console/recorder.ts';
import { memoryPlaces } from '../host.ts';
import type { VirtualMachine } from '../machine/machine.ts';
import type { StartStage } from '../machine/power-plan.ts';
import type { PowerSession } from '../machine/power-session.ts';
import { chooseMemoryPlace } from '../plan/machine.ts';
import type { MachinePlan } from '../plan/types.ts';
import type { Equipment } from '../prepare.ts';
import type { PrivateSpace } from '../space/private-space.ts';
import { Ahead } from './ahead.ts';
import { type LiveDisk, putIntoPlace } from './freeze-disks.ts';
import { planObstacles } from './obstacles.ts';
import { refuse, saveMachine } from './save.ts';
import { openSnapshotFolder, Snapshot } from './snapshot.ts';

/** How long a guest may go on writing to its memory faster than that can be saved, before it is stopped for it. */
const CONVERGENCE: Duration = '10s';

/** What a fork needs of the disk at least: for what its parent's console has shown, and to write to. */
const FORK_DISK = parseSize('16MiB');

/** A machine that was started from a saved one. Disposing of it ends it. */
export interface Fork extends AsyncDisposable {
  readonly name: string;
  /** What it has for itself. */
  space(): Promise<PrivateSpace>;
  /** Its start, where that rests: the machine is off until it goes on. */
  readonly resting: Resting | undefined;
}

/** A start that rests. */
export interface Resting {
  /** Resolves when it has come to nothing, or when the machine that has come of it is off again. */
  readonly ended: Promise<void>;
  /** Whether it still rests. */
  readonly rests: boolean;
  goOn(stage: StartStage, context: CallContext): Promise<void>;
}

/** How a fork is made. */
export interface ForkStart {
  /** How it serves forks of its own. */
  readonly offer: Offer;
  readonly context: CallContext;
  /** Where its start rests. */
  readonly stage: StartStage;
  /** Nobody waits for it. */
  readonly background?: boolean;
}

/** What a snapshot is for. */
export interface SaveOptions {
  /** So many forks of it are spawned ahead. */
  readonly ahead?: number | undefined;
  /** It was saved as soon as it had booted: whoever starts from it is shown that boot. */
  readonly booted?: boolean;
}

interface HowToSave {
  /** Nobody has asked for it by name. */
  readonly passing?: boolean;
  /** Whoever wants to do something with the machine goes before. */
  readonly yields?: boolean;
}

/** What a machine that runs writes to, and what it has written before. */
interface LiveDisks {
  readonly disks: readonly LiveDisk[];
  readonly bases: readonly string[];
}

export interface SnapshotsParts<F extends Fork> {
  readonly machine: VirtualMachine;
  readonly recorder: Recorder;
  readonly equipment: Equipment;
  readonly log: Log;
  /** What the machine was planned as at its last start, and with which sizes. */
  readonly current: () => { readonly plan: MachinePlan | undefined; readonly sizes: Equipment['sizes'] };
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
  /** What was spawned before somebody asks for it. */
  readonly #ahead = new Map<Snapshot, Ahead<F>>();
  /** What lies under the machine's disks. */
  readonly #folders = new AsyncDisposableStack();
  readonly #disks = new WeakMap<PowerSession, LiveDisks>();
  #generation = 0;
  #forked = 0;

  constructor(parts: SnapshotsParts<F>) {
    this.#parts = parts;
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
    const snapshot = await this.#save(name, context, { booted });
    this.#parts.onSaved();
    this.#keepAhead(snapshot, ahead);
    return await this.#describe(snapshot);
  }

  /** Saves the machine for as long as `use` takes, without a name. Whoever wants to do something with it meanwhile goes before. */
  async whileSaved(context: CallContext, use: (snapshot: Snapshot) => Promise<void>): Promise<void> {
    // No name that anybody may give.
    const snapshot = await this.#save('.passing', context, { passing: true, yields: true });
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

  /** One that was spawned ahead, running now. */
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

  /** Ends a fork. */
  async end(fork: F): Promise<void> {
    this.#forks.delete(fork.name);
    await fork[Symbol.asyncDispose]();
    const snapshot = [...this.#snapshots.values()].find(({ forks }) => forks.includes(fork.name));
    if (snapshot) await this.#release(snapshot, fork.name);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await using stack = new AsyncDisposableStack();
    stack.use(this.#folders);
    for (const snapshot of this.#snapshots.values()) stack.defer(() => this.#drop(snapshot));
    for (const fork of this.#forks.values()) stack.defer(() => this.end(fork));
  }

  async #save(
    name: string,
    context: CallContext,
    { passing = false, booted = false, yields = false }: SaveOptions & HowToSave,
  ): Promise<Snapshot> {
    const { machine, recorder, equipment, current, log } = this.#parts;
    const { media, run, config, host } = equipment;
    refuse(planObstacles(config, host));
    const save = async (session: PowerSession, signal: AbortSignal) => {
      const { plan, sizes } = current();
      if (!plan)
        throw new StateError('the machine has not been started', { state: 'off', needed: 'running' });
      const { path: folder } = this.#folders.use(await openSnapshotFolder());
      const memory = await this.#placeFor(plan, folder);
      const generation = ++this.#generation;
      const seed = plan.files.find(({ kind }) => kind === 'seed' || kind === 'copy')?.path ?? null;
      const saved = await saveMachine(
        {
          ...{ session, recorder, plan, memory, folder, generation, seed, patience: CONVERGENCE },
          sockets: run.sockets,
          disks: this.#disks.get(session)?.disks ?? disksOf(plan),
          onDisks: (disks, bases) => this.#remember(session, disks, bases),
        },
        signal,
      ).catch(async (error) => {
        signal.throwIfAborted();
        // If QEMU is no more, its end says more.
        await session.confirm();
        throw error;
      });
      const snapshot = new Snapshot(
        name,
        { ...saved, sizes: { ...sizes }, contents: media.keep() },
        { passing, booted },
      );
      this.#snapshots.set(name, snapshot);
      log.info({ snapshot: name, pause: Math.round(saved.pause), folder }, 'the machine was saved');
      return snapshot;
    };
    return await machine.whileOn('snapshots.save', context, save, { yields });
  }

  /** Remembers which files a running machine writes to; when it is off they are its disks. */
  #remember(session: PowerSession, disks: readonly LiveDisk[], bases: readonly string[]): void {
    const before = this.#disks.get(session);
    const live = { disks, bases: [...(before?.bases ?? []), ...bases] };
    this.#disks.set(session, live);
    if (before) return;
    session.atEnd(async () => {
      const last = this.#disks.get(session) ?? live;
      await putIntoPlace(last.disks, last.bases);
    });
  }

  async #placeFor({ description }: MachinePlan, folder: string) {
    const places = await memoryPlaces(folder);
    // What lies in memory proper must fit into what is free of that, whatever the file system says.
    const able = places.map((place) =>
      place.folder === folder ? place : { ...place, free: Math.min(place.free, process.availableMemory()) },
    );
    const place = chooseMemoryPlace({ memory: description.memory }, able);
    if (place.folder === folder && able.length > 1)
      this.#parts.log.warn(
        { folder, needed: formatSize(place.bytes), free: formatSize(able[0]?.free ?? 0) },
        'memory has no room for the snapshot, which lies on the disk instead: forks of it begin slower',
      );
    return place;
  }

  /** As `checkRoom`; what only waits to be asked for goes before. */
  async #makeRoom(snapshot: Snapshot): Promise<void> {
    try {
      await this.#checkRoom(snapshot);
    } catch (error) {
      if (this.#ahead.size === 0) throw error;
      await Promise.all([...this.#ahead.values()].map((ahead) => ahead.drop()));
      await this.#checkRoom(snapshot);
    }
  }

  /** @throws CapacityError when the host has not the memory that a fork may come to need, or no disk to begin with. */
  async #checkRoom({ saved }: Snapshot): Promise<void> {
    const { config, host, run } = this.#parts.equipment;
    await requireSpace(run.path, FORK_DISK, 'a fork');
    const translated = host.accelerator.name === 'tcg' ? parseSize(config.tbSize) : 0;
    const needed = parseSize(saved.sizes.memory ?? config.memory) + translated;
    // Those that rest have not touched yet what they were promised.
    const promised = [...this.#forks.values()].filter(({ resting }) => resting?.rests).length * needed;
    const free = process.availableMemory() - promised;
    if (free >= needed) return;
    const beside = promised > 0 ? ` beside the ${formatSize(promised)} of those that are ready` : '';
    const message = `fork: a fork may come to need ${formatSize(needed)} of memory, and this host has ${formatSize(Math.max(0, free))}${beside}`;
    throw new CapacityError(message, { needed, free }, { operation: 'fork' });
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

/** The disks that a machine of this plan writes to, before any of them was frozen. */
function disksOf({ files }: MachinePlan): LiveDisk[] {
  return files.flatMap((file) =>
    file.kind === 'overlay' || file.kind === 'blank'
      ? [{ path: file.path, file: file.path, node: file.node }]
      : [],
  );
}
