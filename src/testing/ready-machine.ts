import type { Connected, ConsoleHandle, Forked, MachineHandle, VirtualPowerHandle } from '../client/index.ts';
import { createLog, type Duration, type WaitOptions } from '../core/index.ts';
import type { Driver } from '../driver/index.ts';
import type { Machine } from '../interfaces/index.ts';
import { serve } from '../serve.ts';

/** A machine that tests are run on. */
export type TestDriver = Driver<typeof Machine>;

/** What a machine must be for its tests. */
export interface ReadyOptions<D extends TestDriver> {
  /** When it has booted: `login`, when its console asks for one, or what you wait for yourself. */
  readonly ready: 'login' | ((vm: Connected<D>) => Promise<unknown>);
  /** The longest that it may take to boot; default: 10 minutes, more where it is emulated. */
  readonly timeout?: Duration;
  /** Folder for transcripts, command lines and pictures. */
  readonly artifacts?: string;
}

/** What every such machine has, whatever its rig says. */
type Bare = MachineHandle & { readonly console: ConsoleHandle; readonly power: VirtualPowerHandle };

/** A machine that has booted and was saved, from which each test has a fork. Disposing of it ends all. */
export interface ReadyMachine<D extends TestDriver> extends AsyncDisposable {
  fork(): Promise<Forked<Connected<D>>>;
}

const SNAPSHOT = 'ready-for-tests';

/** Boots the machine, waits until it is ready, and saves it. */
export async function openReadyMachine<D extends TestDriver>(
  driver: D,
  { ready, timeout, artifacts }: ReadyOptions<D>,
): Promise<ReadyMachine<D>> {
  await using stack = new AsyncDisposableStack();
  const vm = stack.use(await serve(driver, { log: createLog('error'), artifacts }));
  const bare = vm as unknown as Bare; // SAFE: the children that every machine has
  const waits = timeout === undefined ? {} : { timeout };
  await bare.power.on(waits);
  if (ready === 'login') await hasPrompt(bare, waits);
  else await ready(vm);
  await bare.snapshots.save(SNAPSHOT);
  const held = stack.move();
  return {
    // SAFE: a fork is what it was forked from
    fork: async () => (await bare.fork({ from: SNAPSHOT })) as unknown as Forked<Connected<D>>,
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

async function hasPrompt({ console }: Bare, options: WaitOptions): Promise<void> {
  await using tty = await console.open({ from: 'boot' });
  await tty.expect(/login: $/, { timeout: '10m', ...options });
}
