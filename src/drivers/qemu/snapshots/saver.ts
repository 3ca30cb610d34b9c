import { type Duration, formatSize, type Log, StateError } from '../../../core/index.ts';
import type { CallContext } from '../../../driver/index.ts';
import type { Recorder } from '../console/recorder.ts';
import { memoryPlaces } from '../host.ts';
import type { VirtualMachine } from '../machine/machine.ts';
import type { PowerSession } from '../machine/power-session.ts';
import { chooseMemoryPlace } from '../plan/machine.ts';
import type { MachinePlan } from '../plan/types.ts';
import type { Equipment } from '../prepare.ts';
import { type LiveDisk, putIntoPlace } from './freeze-disks.ts';
import { losesWrites, planObstacles } from './obstacles.ts';
import { refuse, saveMachine } from './save.ts';
import { openSnapshotFolder, Snapshot } from './snapshot.ts';

/** How long a guest may go on writing to its memory faster than that can be saved, before it is stopped for it. */
const CONVERGENCE: Duration = '10s';

/** How a machine is saved. */
export interface HowToSave {
  /** Nobody has asked for it by name. */
  readonly passing?: boolean;
  /** It was saved as soon as it had booted: whoever starts from it is shown that boot. */
  readonly booted?: boolean;
  /** Whoever wants to do something with the machine goes before. */
  readonly yields?: boolean;
  /** Nobody minds that it stands still until it is saved. */
  readonly still?: boolean;
}

/** What a machine that runs writes to, and what it has written before. */
interface LiveDisks {
  readonly disks: readonly LiveDisk[];
  readonly bases: readonly string[];
}

export interface SaverParts {
  readonly machine: VirtualMachine;
  readonly recorder: Recorder;
  readonly equipment: Equipment;
  readonly log: Log;
  /** What the machine was planned as at its last start, with which sizes, and which remembered boot it runs on. */
  readonly current: () => {
    readonly plan: MachinePlan | undefined;
    readonly sizes: Equipment['sizes'];
    readonly boot: string | undefined;
  };
}

/** Saves one machine, again and again, and knows what lies under its disks since. Disposing of it frees that. */
export class Saver implements AsyncDisposable {
  readonly #parts: SaverParts;
  readonly #folders = new AsyncDisposableStack();
  readonly #disks = new WeakMap<PowerSession, LiveDisks>();
  #generation = 0;

  constructor(parts: SaverParts) {
    this.#parts = parts;
  }

  /** Saves the machine, which goes on. @throws StateError when it is off; ConfigError for what cannot be saved. */
  async save(
    name: string,
    context: CallContext,
    { passing = false, booted = false, yields = false, still = false }: HowToSave = {},
  ): Promise<Snapshot> {
    const { machine, recorder, equipment, current, log } = this.#parts;
    const { media, run, config, host } = equipment;
    refuse(planObstacles(config, host));
    const save = async (session: PowerSession, signal: AbortSignal) => {
      const { plan, sizes, boot } = current();
      if (!plan)
        throw new StateError('the machine has not been started', { state: 'off', needed: 'running' });
      const { path: folder } = this.#folders.use(await openSnapshotFolder());
      const memory = await this.#placeFor(plan, folder);
      const generation = ++this.#generation;
      const seed = plan.files.find(({ kind }) => kind === 'seed' || kind === 'copy')?.path ?? null;
      const saved = await saveMachine(
        {
          ...{ session, recorder, plan, memory, folder, generation, seed, still, patience: CONVERGENCE },
          sockets: run.sockets,
          losesWrites: losesWrites(host),
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
        { ...saved, boot, sizes: { ...sizes }, contents: media.keep() },
        { passing, booted },
      );
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

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#folders.disposeAsync();
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
