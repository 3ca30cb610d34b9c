import { createWriteStream } from 'node:fs';
import { chmod, type FileHandle, link, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import {
  type Duration,
  parseDuration,
  parseSize,
  StateError,
  UnsupportedError,
} from '../../../core/index.ts';
import type { PowerState } from '../../../interfaces/index.ts';
import type { Recorder } from '../console/recorder.ts';
import { openMemoryFile } from '../machine/memory-file.ts';
import type { Migrations } from '../machine/migration.ts';
import type { PowerSession } from '../machine/power-session.ts';
import type { MachinePlan, NewMemory } from '../plan/types.ts';
import { copyMemory } from './copy-memory.ts';
import { digHoles } from './dig-holes.ts';
import { type LiveDisk, prepareFreeze } from './freeze-disks.ts';
import { type Obstacle, runningObstacles } from './obstacles.ts';
import { openReceiver } from './receiver.ts';
import { renewsItself } from './renew-guest.ts';
import type { SavedMachine } from './snapshot.ts';
import { openStateListener, type StateListener } from './state-listener.ts';

/** Whoever is given the descriptor may open it again, as himself; nobody else finds it. */
const FOR_HEIRS = 0o666;

export interface SaveOptions {
  readonly session: PowerSession;
  readonly recorder: Recorder;
  /** What the machine was started as. */
  readonly plan: MachinePlan;
  readonly disks: readonly LiveDisk[];
  readonly seed: string | null;
  /** Where the snapshot's memory is to be made. */
  readonly memory: NewMemory;
  /** Where the snapshot's files are to be made. */
  readonly folder: string;
  /** A folder for a socket that QEMU reaches. */
  readonly sockets: string;
  readonly generation: number;
  /** Nobody minds that it stands still until it is saved. */
  readonly still: boolean;
  /** How long a guest may write to its memory faster than it can be sent. */
  readonly patience: Duration;
  /** Is told of the disks when they have changed, whatever comes of the rest. */
  readonly onDisks: (disks: readonly LiveDisk[], bases: readonly string[]) => void;
}

/** What `saveMachine` finds out; the rest is known before. */
export type Saved = Omit<SavedMachine, 'sizes' | 'contents' | 'boot'>;

/**
 * Saves a running machine, which goes on as it was. Where it owns little memory it is stopped and copied; else, and where its memory
 * is private to its QEMU, it is sent to a second one while it runs.
 *
 * @throws StateError when it neither runs nor was paused, UnsupportedError when QEMU cannot save it.
 */
export async function saveMachine(options: SaveOptions, signal: AbortSignal): Promise<Saved> {
  const { session, recorder, folder } = options;
  const state = await checkSaveable(session, signal);
  const files = { state: join(folder, 'state'), history: join(folder, 'console.log') };
  await using stack = new AsyncDisposableStack();
  const memory = stack.use(await openMemoryFile(options.memory, null));
  await chmod(`/proc/self/fd/${memory.fd}`, FOR_HEIRS);
  const renews = await renewsItself(session.agent, AbortSignal.any([signal, session.broken]));
  const way = (await canStand(options)) ? saveStanding : saveLive;
  const { bases, printed } = await way(options, memory, files.state, signal);
  await pipeline(recorder.history(printed), createWriteStream(files.history, { flags: 'wx', mode: 0o600 }));
  const seed = options.seed && join(folder, 'seed.iso');
  if (options.seed && seed) await link(options.seed, seed);
  stack.move();
  // One that was paused did not stand still for this.
  const pause = state === 'running' ? session.stoodStill : 0;
  const origin = { bases, seed, guestAddress: session.guestAddress };
  return { ...files, memory, pause, renews, origin };
}

/** Copying so much takes less time than anybody notices. */
const BRIEFLY = parseSize('192MiB');

/** Whether all that the machine has in its memory is in a file of ours, and nobody minds how long it takes to copy that. */
async function canStand({ session, still }: SaveOptions): Promise<boolean> {
  return !isPrivate(session) && (still || (await session.memory.stat()).blocks * 512 <= BRIEFLY);
}

/** Whether what the machine has written to its memory is in no file. */
const isPrivate = ({ plan }: PowerSession) => plan.state !== undefined;

/** What the machine is doing, if it can be saved as that. */
async function checkSaveable(session: PowerSession, signal: AbortSignal): Promise<PowerState> {
  const state = await session.state();
  if (state !== 'running' && state !== 'paused') {
    const message = `snapshots.save: the machine is ${state}; it must be running or paused`;
    throw new StateError(message, { state, needed: 'running' }, { operation: 'snapshots.save' });
  }
  const { migrations } = session;
  const capabilities = await migrations.capabilities(signal);
  refuse(runningObstacles({ capabilities, blockers: await migrations.blockers(signal) }));
  return state;
}

/** @throws UnsupportedError that says what keeps a machine from being saved, and what to do instead. */
export function refuse(obstacles: readonly Obstacle[]): void {
  if (obstacles.length === 0) return;
  const lines = obstacles.map(({ reason, instead }) => `  ${reason}; ${instead}`);
  throw new UnsupportedError(
    ['this machine cannot be saved', ...lines].join('\n'),
    { capability: 'snapshots', available: [] },
    { operation: 'snapshots.save' },
  );
}

/** What is known once the machine goes on. */
interface Standing {
  readonly bases: Readonly<Record<string, string>>;
  /** Bytes that its console had printed. */
  readonly printed: number;
}

/** Stops the machine, copies what is in its memory, and lets it go on. */
async function saveStanding(
  options: SaveOptions,
  memory: FileHandle,
  state: string,
  signal: AbortSignal,
): Promise<Standing> {
  const { session, sockets } = options;
  await using freeze = await freezing(options, signal);
  await using listener = await openStateListener(sockets, state, session.plan.user);
  let printed: number;
  await using going = await goesOn(session);
  try {
    await session.execute('stop', signal);
    await freeze.switchOver();
    await Promise.all([
      copyMemory(session.memory, memory, signal),
      sendState(session.migrations, listener, AbortSignal.any([signal, session.broken])),
    ]);
    printed = await printedSoFar(options.recorder);
  } finally {
    await going[Symbol.asyncDispose]();
  }
  return { bases: await freeze.settle(), printed };
}

/** Sends the machine to a second QEMU while it runs; it stands still for the last of it, and goes on. */
async function saveLive(
  options: SaveOptions,
  memory: FileHandle,
  state: string,
  signal: AbortSignal,
): Promise<Standing> {
  const { session, sockets, folder, plan } = options;
  const {
    migrations,
    qmp,
    plan: { user },
  } = session;
  const either = AbortSignal.any([signal, session.broken]);
  await using freeze = await freezing(options, signal);
  await using receiver = await openReceiver(plan, memory, folder, signal);
  const path = join(sockets, 'live');
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(path, { force: true }));
  let printed: number;
  {
    await using _ = await goesOn(session);
    await receiver.migrations.receive(`unix:${path}`, NOTHING_SHARED, either);
    await migrations.send(path, { ...NOTHING_SHARED, 'pause-before-switchover': true }, either);
    using _stopped = insist(session, options.patience);
    await migrations.reached('pre-switchover', either);
    await freeze.switchOver();
    printed = await printedSoFar(options.recorder);
    await qmp.execute('migrate-continue', { state: 'pre-switchover' }, { signal: either });
    await migrations.reached('completed', either);
  }
  await receiver.migrations.reached('completed', either);
  await using listener = await openStateListener(sockets, state, user);
  const sending = sendState(receiver.migrations, listener, either);
  // Nobody writes to it, nor to what a private memory lies over: that is another's snapshot.
  const read = isPrivate(session) ? [memory, session.memory] : [memory];
  await Promise.all([sending, ...read.map((file) => digHoles(file, either))]);
  return { bases: await freeze.settle(), printed };
}

/** All of the memory is sent, whoever else could get at it. */
const NOTHING_SHARED = { 'x-ignore-shared': false } as const;

const freezing = ({ session, disks, folder, generation, onDisks }: SaveOptions, signal: AbortSignal) =>
  prepareFreeze(session.qmp, disks, {
    folder,
    generation,
    user: session.plan.user,
    onSwitch: onDisks,
    signal,
  });

async function printedSoFar(recorder: Recorder): Promise<number> {
  await recorder.settled();
  return recorder.offset;
}

/** A guest that writes to its memory faster than that is sent is stopped, so that it comes to an end. */
function insist(session: PowerSession, patience: Duration): Disposable {
  const stop = () => void session.qmp.execute('stop').catch(() => undefined);
  const timer = setTimeout(stop, parseDuration(patience));
  return { [Symbol.dispose]: () => clearTimeout(timer) };
}

/** Lets a machine that runs now run again at the end, also when whoever has asked for the snapshot has given up. */
async function goesOn(session: PowerSession): Promise<AsyncDisposable> {
  const ran = (await session.state()) === 'running';
  let done: Promise<void> | undefined;
  const go = async () => {
    await session.migrations.release();
    if (ran) await session.execute('cont', new AbortController().signal);
  };
  return { [Symbol.asyncDispose]: () => (done ??= go()) };
}

async function sendState(
  migrations: Migrations,
  listener: StateListener,
  signal: AbortSignal,
): Promise<void> {
  await migrations.send(listener.path, { 'x-ignore-shared': true, 'pause-before-switchover': false }, signal);
  await migrations.reached('completed', signal);
  await listener.received(signal);
}
