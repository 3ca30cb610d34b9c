/** Fixtures for Playwright: `import { machineTest } from 'jumplead/playwright'`. */
import {
  test as base,
  type PlaywrightTestArgs,
  type PlaywrightTestOptions,
  type PlaywrightWorkerArgs,
  type PlaywrightWorkerOptions,
  type TestInfo,
  type TestType,
} from '@playwright/test';
import type { MachineDriver } from '../bare-machine.ts';
import type { Connected, Forked, NetworkHandle, SshSession } from '../client/index.ts';
import type { Network, TcpNetwork } from '../interfaces/index.ts';
import { gatherEvidence } from './evidence.ts';
import { KEEPER_VARIABLE } from './playwright-keeper.ts';
import type { ReadyMachine, ReadyOptions, TestFork } from './ready-machine.ts';
import { sshOf } from './ssh-of.ts';
import { keepsFailures, openTestMachine } from './test-machine.ts';

export type { MachineDriver } from '../bare-machine.ts';
export type { ReadyOptions } from './ready-machine.ts';

/** The names of the ports that a machine forwards: those of `forwards` in its configuration. */
export type ForwardName<D extends MachineDriver> = {
  [K in keyof D['children']]: D['children'][K]['interface'] extends typeof TcpNetwork | typeof Network
    ? K
    : never;
}[keyof D['children']] &
  string;

/** What a machine must be for its tests. */
export interface PageOptions<D extends MachineDriver> extends ReadyOptions<D> {
  /** The forward behind which the guest serves pages: `baseURL` of each test leads to its own machine. */
  readonly web?: ForwardName<D>;
}

/** What a test of a machine has beside what Playwright gives it. */
export interface MachineFixtures<D extends MachineDriver> {
  /** A fork of the machine that belongs to this test alone, and ends with it. */
  readonly vm: Forked<Connected<D>>;
  /** Logged in to it by ssh. Only made for tests that ask for it. */
  readonly ssh: SshSession;
}

/** What those are made of. */
interface Inner<D extends MachineDriver> {
  readonly machine: ReadyMachine<D>;
}

type Use<T> = (value: T) => Promise<void>;

/**
 * Playwright's `test`, whose tests have a machine each: the fork of one that was booted once, however long that takes. With
 * `globalSetup: 'jumplead/playwright/setup'` in the configuration of Playwright it is booted once for all workers.
 */
export function machineTest<const D extends MachineDriver>(
  driver: D,
  options: PageOptions<D>,
): TestType<
  PlaywrightTestArgs & PlaywrightTestOptions & MachineFixtures<D>,
  PlaywrightWorkerArgs & PlaywrightWorkerOptions
> {
  const { web } = options;
  return base.extend<MachineFixtures<D>, Inner<D>>({
    machine: [
      // biome-ignore lint/correctness/noEmptyPattern: Playwright reads the names of other fixtures there
      async ({}, use: Use<ReadyMachine<D>>) => {
        await using machine = await openTestMachine(driver, options, process.env[KEEPER_VARIABLE]);
        await use(machine);
      },
      { scope: 'worker', timeout: 0 },
    ],
    vm: async ({ machine }, use, info) => {
      await using fork = await machine.fork();
      await use(fork.vm);
      if (info.status !== info.expectedStatus) await attachFailure(fork, info);
    },
    ssh: async ({ vm }, use) => {
      await using ssh = await sshOf(vm).connect();
      await use(ssh);
    },
    ...(web !== undefined && {
      baseURL: async ({ vm }: MachineFixtures<D>, use: Use<string>) => {
        const networks = vm as unknown as Readonly<Record<string, NetworkHandle>>; // SAFE: the type of `web`
        await using forward = await networks[web]?.forward();
        await use(`http://127.0.0.1:${forward?.port}`);
      },
    }),
  });
}

/** Adds to the report what the machine shows, and keeps it where that is asked for. */
async function attachFailure<D extends MachineDriver>(fork: TestFork<D>, info: TestInfo): Promise<void> {
  const { console, screen, artifacts } = await gatherEvidence(fork.vm);
  const text = 'text/plain';
  if (console) await info.attach('console of the machine', { body: console, contentType: text });
  if (screen)
    await info.attach('screen of the machine', { body: Buffer.from(screen), contentType: 'image/png' });
  if (artifacts !== undefined)
    await info.attach('transcript of the machine', { body: artifacts, contentType: text });
  if (!keepsFailures()) return;
  const entrance = await fork.keep(info.title);
  await info.attach('machine that was kept', { body: entrance, contentType: text });
  process.stderr.write(`${entrance}\n`);
}
