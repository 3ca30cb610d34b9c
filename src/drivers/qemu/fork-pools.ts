import { type Log, StateError } from '../../core/index.ts';
import type { Offer, OfferedSession } from '../../driver/index.ts';
import { type PooledFork, type PooledForkOptions, Pools } from '../std/index.ts';
import type { MachineFork } from './nodes/machine.ts';
import type { Snapshots } from './snapshots/snapshots.ts';

/** Where what was claimed is served. */
export interface ForkPoolsParts {
  readonly offer: Offer | undefined;
  readonly sessions: Map<string, OfferedSession>;
  readonly log: Log;
}

/** A fork that is kept ready. */
export interface PooledMachine extends PooledFork {
  readonly machine: MachineFork;
}

/** Pools of the forks of one machine's snapshots: loaded, with their CPUs standing still until they are claimed. */
export function openPools(
  snapshots: Snapshots<MachineFork>,
  { offer, sessions, log }: ForkPoolsParts,
): Pools<PooledMachine> {
  return new Pools<PooledMachine>({
    ...{ offer, log },
    check: (from) => snapshots.check(from),
    open: (options) => openReady(snapshots, options, log),
    onServed: (name, session) => void sessions.set(name, session),
    onEnded: (name) => void sessions.delete(name),
  });
}

async function openReady(
  snapshots: Snapshots<MachineFork>,
  { from, offer, background, hurry, signal }: PooledForkOptions,
  log: Log,
): Promise<PooledMachine> {
  const peer = { name: `the pool of ${from}`, local: true };
  const fork = await snapshots.fork(from, {
    ...{ offer, background, hurry, stage: background ? 'warm' : 'loaded' },
    context: { signal, log, peer },
  });
  const { name, node, resting } = fork;
  const { promise: ended, resolve } = Promise.withResolvers<void>();
  let isClaimed = false;
  // Once it was claimed it may be off and on, as any machine.
  void resting?.ended.then(() => {
    if (!isClaimed) resolve();
  });
  return {
    ...{ name, ended, failure: resting?.kernel, root: node, machine: fork },
    get steps() {
      return fork.steps;
    },
    start: async ({ run, signal: until }) => {
      isClaimed = true;
      if (run) await resting?.goOn({ signal: until, log, peer });
      else if (!resting?.rests)
        throw new StateError(`${name} has ended`, { state: 'ended', needed: 'ready' });
    },
    [Symbol.asyncDispose]: async () => {
      await snapshots.end(fork);
      resolve();
    },
  };
}
