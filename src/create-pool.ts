import { bareMachine, type MachineDriver } from './bare-machine.ts';
import { bootToFork, type Ready } from './boot-to-fork.ts';
import type { Connected, MachineHandle, Pool } from './client/index.ts';
import type { WaitOptions } from './core/index.ts';
import type { PoolSizes } from './interfaces/index.ts';
import { type ServeOptions, serve } from './serve.ts';

/** What a machine is booted to, and how many of its forks are kept. */
export interface CreatePoolOptions<D extends MachineDriver> extends PoolSizes, ServeOptions, WaitOptions {
  readonly ready: Ready<D>;
}

/** The forks of a snapshot of a machine that is there. */
export interface SnapshotPoolOptions extends PoolSizes, WaitOptions {
  readonly from: string;
}

/** A pool of a machine of its own. */
export interface OwnPool<D extends MachineDriver> extends Pool<Connected<D>> {
  /** The machine that was booted for it, and ends with it. It is off: its forks need only what was saved. */
  readonly vm: Connected<D>;
}

const SNAPSHOT = 'pool';

/**
 * Keeps machines ready: forks that are loaded, with their CPUs standing still, of a machine that is booted for that, or of a snapshot of
 * one that is there. `claim` gives one within milliseconds, and another one is made meanwhile. Resolves when the first is under way.
 */
export function createPool<D extends MachineDriver>(
  driver: D,
  options: CreatePoolOptions<D>,
): Promise<OwnPool<D>>;
export function createPool<Self extends MachineHandle>(
  vm: Self,
  options: SnapshotPoolOptions,
): Promise<Pool<Self>>;
export async function createPool(
  source: MachineDriver | MachineHandle,
  options: CreatePoolOptions<MachineDriver> | SnapshotPoolOptions,
): Promise<Pool<object>> {
  if (!('open' in source)) return await source.pool(options as SnapshotPoolOptions); // SAFE: by the overloads
  return await bootPool(source, options as CreatePoolOptions<MachineDriver>); // SAFE: by the overloads
}

async function bootPool<D extends MachineDriver>(
  driver: D,
  { ready, min, max, artifacts, log, ...waits }: CreatePoolOptions<D>,
): Promise<OwnPool<D>> {
  await using stack = new AsyncDisposableStack();
  const vm = stack.use(await serve(driver, { artifacts, log, signal: waits.signal }));
  await bootToFork(vm, { ready, name: SNAPSHOT }, waits);
  const pool = stack.use(await bareMachine(vm).pool({ from: SNAPSHOT, min, max, signal: waits.signal }));
  const held = stack.move();
  return {
    vm,
    get info() {
      return pool.info;
    },
    claim: (claim) => pool.claim(claim),
    filled: (wait) => pool.filled(wait),
    follow: (until) => pool.follow(until),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
