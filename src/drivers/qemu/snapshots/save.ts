import { createWriteStream } from 'node:fs';
import { chmod, link } from 'node:fs/promises';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { parseSize, StateError, UnsupportedError } from '../../../core/index.ts';
import type { PowerState } from '../../../interfaces/index.ts';
import { openMemoryFile } from '../machine/memory-file.ts';
import type { PowerSession } from '../machine/power-session.ts';
import { type Obstacle, runningObstacles } from './obstacles.ts';
import { renewsItself } from './renew-guest.ts';
import { saveLive } from './save-live.ts';
import { saveStanding } from './save-standing.ts';
import type { SavedMachine } from './snapshot.ts';
import { isPrivate, type SaveOptions } from './while-saved.ts';

/** Whoever is given the descriptor may open it again, as himself; nobody else finds it. */
const FOR_HEIRS = 0o666;

/** What `saveMachine` finds out; the rest is known before. */
export type Saved = Omit<SavedMachine, 'sizes' | 'contents' | 'boot'>;

/**
 * Saves a running machine, which goes on as it was. Where it owns little memory it is stopped and copied; else, and where its memory
 * is private to its QEMU, it is sent to a second one while it runs.
 *
 * @throws StateError when it neither runs nor was paused, or was saved since it was paused; UnsupportedError when QEMU cannot save it.
 */
export async function saveMachine(options: SaveOptions, signal: AbortSignal): Promise<Saved> {
  const { session, recorder, folder } = options;
  const state = await checkSaveable(session, signal);
  const files = { state: join(folder, 'state'), history: join(folder, 'console.log') };
  await using stack = new AsyncDisposableStack();
  const memory = stack.use(await openMemoryFile(options.memory, null));
  await chmod(`/proc/self/fd/${memory.fd}`, FOR_HEIRS);
  const renews = await renewsItself(session.agent, AbortSignal.any([signal, session.broken]));
  const hasAgent = session.agent.answers;
  const way = (await canStand(options)) ? saveStanding : saveLive;
  const { bases, printed } = await way(options, { memory, state: files.state }, signal);
  await pipeline(recorder.history(printed), createWriteStream(files.history, { flags: 'wx', mode: 0o600 }));
  const seed = options.seed && join(folder, 'seed.iso');
  if (options.seed && seed) await link(options.seed, seed);
  stack.move();
  // One that was paused did not stand still for this.
  const pause = state === 'running' ? session.stoodStill : 0;
  const origin = { bases, seed, guestAddress: session.guestAddress };
  return { ...files, memory, pause, renews, hasAgent, origin };
}

/** Copying so much takes less time than anybody notices. */
const BRIEFLY = parseSize('192MiB');

/** Whether all that the machine has in its memory is in a file of ours, and nobody minds how long it takes to copy that. */
async function canStand({ session, still }: SaveOptions): Promise<boolean> {
  return !isPrivate(session) && (still || (await session.memory.stat()).blocks * 512 <= BRIEFLY);
}

/** What the machine is doing, if it can be saved as that. */
async function checkSaveable(session: PowerSession, signal: AbortSignal): Promise<PowerState> {
  const state = await session.state();
  if (state !== 'running' && state !== 'paused') {
    const message = `snapshots.save: the machine is ${state}; it must be running or paused`;
    throw new StateError(message, { state, needed: 'running' }, { operation: 'snapshots.save' });
  }
  const { migrations } = session;
  if (await migrations.isSpent(signal)) {
    const message =
      'snapshots.save: the machine has not run since it was saved, and QEMU saves it only once; fork that snapshot, or let it run first (power.resume)';
    throw new StateError(message, { state, needed: 'running' }, { operation: 'snapshots.save' });
  }
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
