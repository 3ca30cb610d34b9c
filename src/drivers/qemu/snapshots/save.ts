import { createWriteStream } from 'node:fs';
import { chmod, type FileHandle, link } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { type Log, StateError, UnsupportedError } from '../../../core/index.ts';
import type { Recorder } from '../console/recorder.ts';
import { openMemoryFile } from '../machine/memory-file.ts';
import type { PowerSession } from '../machine/power-session.ts';
import type { NewMemory } from '../plan/types.ts';
import { copyMemory } from './copy-memory.ts';
import { type LiveDisk, prepareFreeze } from './freeze-disks.ts';
import { type Obstacle, runningObstacles } from './obstacles.ts';
import type { SavedMachine } from './snapshot.ts';
import { openStateListener } from './state-listener.ts';

/** Whoever is given the descriptor may open it again, as himself; nobody else finds it. */
const FOR_HEIRS = 0o666;

export interface SaveOptions {
  readonly session: PowerSession;
  readonly recorder: Recorder;
  readonly disks: readonly LiveDisk[];
  readonly seed: string | null;
  /** Where the snapshot's memory is to be made. */
  readonly memory: NewMemory;
  /** Where the snapshot's files are to be made. */
  readonly folder: string;
  /** A folder for a socket that QEMU reaches. */
  readonly sockets: string;
  readonly generation: number;
  readonly log: Log;
  /** Is told of the disks when they have changed, whatever comes of the rest. */
  readonly onDisks: (disks: readonly LiveDisk[]) => void;
}

/** What `saveMachine` finds out; the rest is known before. */
export type Saved = Omit<SavedMachine, 'sizes' | 'contents'>;

/**
 * Saves a running machine, which goes on as it was: it stands still for as long as its memory is copied.
 *
 * @throws StateError when it neither runs nor was paused, UnsupportedError when QEMU cannot save it.
 */
export async function saveMachine(options: SaveOptions, signal: AbortSignal): Promise<Saved> {
  const { session, recorder, folder } = options;
  await checkSaveable(session, signal);
  const files = { state: join(folder, 'state'), history: join(folder, 'console.log') };
  await using stack = new AsyncDisposableStack();
  const memory = stack.use(await openMemoryFile(options.memory, null));
  await chmod(`/proc/self/fd/${memory.fd}`, FOR_HEIRS);
  const { bases, pause, printed } = await copyMachine(options, memory, files.state, signal);
  await pipeline(recorder.history(printed), createWriteStream(files.history, { flags: 'wx', mode: 0o600 }));
  const seed = options.seed && join(folder, 'seed.iso');
  if (options.seed && seed) await link(options.seed, seed);
  stack.move();
  return { ...files, memory, pause, origin: { bases, seed } };
}

async function checkSaveable(session: PowerSession, signal: AbortSignal): Promise<void> {
  const state = await session.state();
  if (state !== 'running' && state !== 'paused') {
    const message = `snapshots.save: the machine is ${state}; it must be running or paused`;
    throw new StateError(message, { state, needed: 'running' }, { operation: 'snapshots.save' });
  }
  const { migrations } = session;
  const capabilities = await migrations.capabilities(signal);
  refuse(runningObstacles({ capabilities, blockers: await migrations.blockers(signal) }));
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

async function copyMachine(
  { session, recorder, disks, folder, sockets, generation, onDisks }: SaveOptions,
  memory: FileHandle,
  state: string,
  signal: AbortSignal,
): Promise<{
  readonly bases: Readonly<Record<string, string>>;
  readonly pause: number;
  readonly printed: number;
}> {
  const { user } = session.plan;
  const freezing = { folder, generation, user, onSwitch: onDisks, signal };
  await using freeze = await prepareFreeze(session.qmp, disks, freezing);
  await using listener = await openStateListener(sockets, state, user);
  const ran = (await session.state()) === 'running';
  const start = performance.now();
  let printed: number;
  try {
    await session.execute('stop', signal);
    await freeze.switchOver();
    await Promise.all([
      copyMemory(session.memory, memory, signal),
      sendState(session, listener.path, signal).then(() => listener.received(signal)),
    ]);
    await recorder.settled();
    printed = recorder.offset;
  } finally {
    if (ran) await session.execute('cont', NEVER);
  }
  const pause = performance.now() - start;
  return { bases: await freeze.settle(), pause, printed };
}

/** A machine that was stopped goes on, also when whoever has asked for the snapshot has given up. */
const NEVER = new AbortController().signal;

async function sendState(
  { migrations, broken }: PowerSession,
  path: string,
  signal: AbortSignal,
): Promise<void> {
  const either = AbortSignal.any([signal, broken]);
  await migrations.send(path, { 'x-ignore-shared': true }, either);
  await migrations.reached('completed', either);
}
