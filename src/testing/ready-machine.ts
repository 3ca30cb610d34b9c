import { bareMachine, type MachineDriver } from '../bare-machine.ts';
import { bootToFork, type Ready, type ReadyBoot } from '../boot-to-fork.ts';
import type { Connected, Forked } from '../client/index.ts';
import { createLog, type Duration } from '../core/index.ts';
import { serve } from '../serve.ts';
import { driverOf } from './test-driver.ts';

/** What a machine must be for its tests. */
export interface ReadyOptions<D extends MachineDriver> {
  readonly ready: Ready<D>;
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
export interface ReadyMachine<D extends MachineDriver> extends AsyncDisposable {
  fork(): Promise<TestFork<D>>;
}

/** The machine of one test. Disposing of it ends it, unless it is kept. */
export interface TestFork<D extends MachineDriver> extends AsyncDisposable {
  readonly vm: Forked<Connected<D>>;
  /** Keeps it until people have looked at it; returns how they get in. */
  keep(test: string): Promise<string>;
}

/** The name of the saved state. */
export const READY = 'ready-for-tests';

/** Boots the machine and saves it; it is there for its forks, one of which is made ready ahead: tests come one after the other. */
export async function getReady<D extends MachineDriver>(
  vm: Connected<D>,
  { ready, timeout }: ReadyOptions<D>,
): Promise<ReadyBoot> {
  return await bootToFork(vm, { ready, name: READY, ahead: 1 }, timeout === undefined ? {} : { timeout });
}

/** The driver, which remembers its boots where it is to. */
export async function rememberingDriver<D extends MachineDriver>(
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
export async function openOwnMachine<D extends MachineDriver>(
  driver: D,
  options: ReadyOptions<D>,
): Promise<ReadyMachine<D>> {
  const { artifacts } = options;
  await using stack = new AsyncDisposableStack();
  const vm = stack.use(await serve(driver, { log: createLog('error'), artifacts }));
  await getReady(vm, options);
  const held = stack.move();
  return {
    fork: async () => {
      const fork = await bareMachine(vm).fork({ from: READY });
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
