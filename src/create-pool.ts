import type {
  Connected,
  ConsoleHandle,
  Forked,
  MachineHandle,
  Pool,
  VirtualPowerHandle,
} from './client/index.ts';
import type { WaitOptions } from './core/index.ts';
import type { Driver } from './driver/index.ts';
import type { Machine, PoolSizes } from './interfaces/index.ts';
import { type ServeOptions, serve } from './serve.ts';

/** A machine whose forks are to be kept ready. */
type MachineDriver = Driver<typeof Machine>;

/** What a machine is booted to, and how many of its forks are kept. */
export interface CreatePoolOptions<D extends MachineDriver> extends PoolSizes, ServeOptions, WaitOptions {
  /** When it has booted: `login`, when its console asks for one, or what you wait for yourself. */
  readonly ready: 'login' | ((vm: Connected<D>) => Promise<unknown>);
}

/** The forks of a snapshot of a machine that is there. */
export interface SnapshotPoolOptions extends PoolSizes, WaitOptions {
  readonly from: string;
}

/** A pool, and the machine that was booted for it and ends with it. */
export interface OwnPool<D extends MachineDriver> extends Pool<Connected<D>> {
  readonly vm: Connected<D>;
}

/** What every such machine has, whatever its rig says. */
type Bare = MachineHandle & { readonly console: ConsoleHandle; readonly power: VirtualPowerHandle };

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

async function bootPool(
  driver: MachineDriver,
  options: CreatePoolOptions<MachineDriver>,
): Promise<OwnPool<MachineDriver>> {
  const { ready, min, max, signal, timeout } = options;
  await using stack = new AsyncDisposableStack();
  const vm = stack.use(await serve(driver, options));
  const bare = vm as unknown as Bare; // SAFE: the children that every machine has
  await bare.power.on({ signal, timeout });
  if (ready === 'login') await hasPrompt(bare, { signal, timeout });
  else await ready(vm);
  await bare.snapshots.save(SNAPSHOT, { signal, timeout });
  const pool = stack.use(await bare.pool({ from: SNAPSHOT, min, max, signal }));
  const held = stack.move();
  return {
    vm,
    get info() {
      return pool.info;
    },
    // SAFE: a fork is what it was forked from
    claim: async (claim) => (await pool.claim(claim)) as unknown as Forked<Connected<MachineDriver>>,
    filled: (wait) => pool.filled(wait),
    follow: (until) => pool.follow(until),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

async function hasPrompt({ console }: Bare, options: WaitOptions): Promise<void> {
  await using tty = await console.open({ from: 'boot' });
  await tty.expect(/login: $/, { ...options, timeout: options.timeout ?? '10m' });
}
