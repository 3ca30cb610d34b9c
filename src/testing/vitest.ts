/** Fixtures for vitest: `import { machineTest } from 'jumplead/vitest'`. */
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { test as base, inject, type TestAPI, type TestContext } from 'vitest';
import type { MachineDriver } from '../bare-machine.ts';
import type { Connected, Forked, SshSession } from '../client/index.ts';
import { makeFolder } from '../core/index.ts';
import { describeEvidence, gatherEvidence } from './evidence.ts';
import type { ReadyMachine, ReadyOptions, TestFork } from './ready-machine.ts';
import { sshOf } from './ssh-of.ts';
import { keepsFailures, openTestMachine } from './test-machine.ts';

export type { MachineDriver } from '../bare-machine.ts';
export type { ReadyOptions } from './ready-machine.ts';

declare module 'vitest' {
  interface ProvidedContext {
    /** Where the machines of the run are kept, with `globalSetup: 'jumplead/vitest/setup'`. */
    jumplead?: string;
  }
}

/** What a test of a machine has. */
export interface MachineFixtures<D extends MachineDriver> {
  /** A fork of the machine that belongs to this test alone, and ends with it. */
  readonly vm: Forked<Connected<D>>;
  /** Logged in to it by ssh. Only made for tests that ask for it. */
  readonly ssh: SshSession;
}

/** What those are made of. */
interface Inner<D extends MachineDriver> {
  readonly $machine: ReadyMachine<D>;
}

type Use<T> = (value: T) => Promise<void>;

/**
 * A `test` whose tests have a machine each: the fork of one that was booted once. It is booted before the first test of a file that
 * needs it, however long that takes; with `globalSetup: 'jumplead/vitest/setup'` in the configuration of vitest once for all files
 * and workers.
 */
export function machineTest<D extends MachineDriver>(
  driver: D,
  options: ReadyOptions<D>,
): TestAPI<MachineFixtures<D>> {
  const own = base.extend<{ $worker: Inner<D>; $test: MachineFixtures<D> }>({
    $machine: [
      // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of other fixtures there
      async ({}, use: Use<ReadyMachine<D>>) => {
        await using machine = await openTestMachine(driver, options, inject('jumplead'));
        await use(machine);
      },
      { scope: 'worker' },
    ],
    vm: async ({ $machine, task }: Inner<D> & TestContext, use: Use<Forked<Connected<D>>>) => {
      await using fork = await $machine.fork();
      await use(fork.vm);
      if (task.result?.state === 'fail') await showFailure(fork, task, options);
    },
    ssh: async ({ vm }: MachineFixtures<D>, use: Use<SshSession>) => {
      await using ssh = await sshOf(vm).connect();
      await use(ssh);
    },
  } as never);
  // The boot is nothing that the time of a test is for.
  own.beforeAll(({ $machine }: Inner<D>) => void $machine, 0);
  return own as unknown as TestAPI<MachineFixtures<D>>; // SAFE: these are its fixtures, and one that is nobody's business
}

/** Tells what the machine shows, and keeps it where that is asked for. */
async function showFailure<D extends MachineDriver>(
  fork: TestFork<D>,
  { id, fullTestName }: TestContext['task'],
  { artifacts }: ReadyOptions<D>,
): Promise<void> {
  const evidence = await gatherEvidence(fork.vm);
  let screen: string | undefined;
  if (artifacts !== undefined && evidence.screen) {
    await makeFolder(artifacts, 0o700);
    screen = join(artifacts, `failed-${id}.png`);
    await writeFile(screen, evidence.screen, { mode: 0o600 });
  }
  const shown = describeEvidence(evidence, screen);
  if (shown !== undefined) console.error(shown);
  if (keepsFailures()) console.error(await fork.keep(fullTestName));
}
