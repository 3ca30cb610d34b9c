import type { Connected, Forked } from '../client/index.ts';
import { bootRemembering } from '../client/index.ts';
import { createLog, type Duration, raceSignal, type WaitOptions } from '../core/index.ts';
import { serve } from '../serve.ts';
import type { Readiness } from './keeper/contract.ts';
import { type BareMachine, driverOf, type TestDriver } from './test-driver.ts';

/** What a machine must be for its tests. */
export interface ReadyOptions<D extends TestDriver> {
  /** When it has booted: `login`, when its console asks for one, or what you wait for yourself. */
  readonly ready: 'login' | ((vm: Connected<D>) => Promise<unknown>);
  /**
   * Whether its boot is remembered from one run to the next. Default: with `ready: 'login'`, where the machine's own configuration
   * says nothing of it.
   */
  readonly remember?: boolean;
  /** The longest that it may take to boot; default: 10 minutes, more where it is emulated. */
  readonly timeout?: Duration;
  /** Folder for transcripts, command lines and pictures. */
  readonly artifacts?: string;
}

/** A machine that has booted and was saved, from which each test has a fork. Disposing of it ends all that is not kept. */
export interface ReadyMachine<D extends TestDriver> extends AsyncDisposable {
  fork(): Promise<TestFork<D>>;
}

/** The machine of one test. Disposing of it ends it, unless it is kept. */
export interface TestFork<D extends TestDriver> extends AsyncDisposable {
  readonly vm: Forked<Connected<D>>;
  /** Keeps it until people have looked at it; returns how they get in. */
  keep(test: string): Promise<string>;
}

/** The name of the saved state. */
export const READY = 'ready-for-tests';

/** How long a machine that is ready may take until its boot is stored, in milliseconds: 1 GiB, onto a slow disk. */
const STORING = 120_000;

/** Boots the machine, waits until it is ready, saves it, and switches it off: it is for its forks only. */
export async function getReady<D extends TestDriver>(
  vm: Connected<D>,
  { ready, timeout }: ReadyOptions<D>,
): Promise<Readiness> {
  const bare = vm as unknown as BareMachine; // SAFE: the children that every machine has
  const waits = timeout === undefined ? {} : { timeout };
  const begun = performance.now();
  const { kind, settled } = await bootRemembering(bare, waits);
  if (ready === 'login') await hasPrompt(bare, waits);
  else await ready(vm);
  const duration = performance.now() - begun;
  // To save it, or to switch it off, would keep its boot from being stored.
  await raceSignal(settled, AbortSignal.timeout(STORING)).catch(() => undefined);
  await bare.snapshots.save(READY);
  await bare.power.off({ mode: 'forced' });
  return { kind, duration };
}

async function hasPrompt({ console }: BareMachine, options: WaitOptions): Promise<void> {
  await using tty = await console.open({ from: 'boot' });
  await tty.expect(/login: $/, { timeout: '10m', ...options });
}

/** The driver, which remembers its boots where it is to. */
export async function rememberingDriver<D extends TestDriver>(
  driver: D,
  { ready, remember }: Pick<ReadyOptions<D>, 'ready' | 'remember'>,
): Promise<D> {
  const { origin } = driver;
  if (origin?.type !== 'qemu') return driver;
  const wanted = remember ?? (ready === 'login' && origin.config['boot'] === undefined);
  if (!wanted && remember === undefined) return driver;
  const before = origin.config['boot'] ?? {};
  const config = { ...origin.config, boot: { ...before, remember: wanted } };
  return (await driverOf({ ...origin, config })) as D; // SAFE: what is remembered changes no part of a machine
}

/** Opens a machine in this process. It ends with it, so that nothing of it can be kept. */
export async function openOwnMachine<D extends TestDriver>(
  driver: D,
  options: ReadyOptions<D>,
): Promise<ReadyMachine<D>> {
  const { artifacts } = options;
  await using stack = new AsyncDisposableStack();
  const vm = stack.use(await serve(driver, { log: createLog('error'), artifacts }));
  await getReady(vm, options);
  const bare = vm as unknown as BareMachine; // SAFE: the children that every machine has
  const held = stack.move();
  return {
    fork: async () => {
      const fork = (await bare.fork({ from: READY })) as unknown as Forked<Connected<D>>; // SAFE: a fork is what it was forked from
      return {
        vm: fork,
        keep: async () => NOT_KEPT,
        [Symbol.asyncDispose]: () => fork[Symbol.asyncDispose]().then(),
      };
    },
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

const NOT_KEPT = `JUMPLEAD_KEEP: this machine ends with the worker that has booted it. One that all workers share can be kept:
  globalSetup: 'jumplead/vitest/setup' (or 'jumplead/playwright/setup') in the configuration of the runner`;
