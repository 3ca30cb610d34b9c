/** Fixtures for vitest: `import { machineTest } from 'jumplead/vitest'`. */
import { test as base, type TestAPI } from 'vitest';
import type { Connected, Forked, SshHandle, SshSession } from '../client/index.ts';
import { UnsupportedError } from '../core/index.ts';
import { openReadyMachine, type ReadyOptions, type TestDriver } from './ready-machine.ts';

export type { ReadyOptions } from './ready-machine.ts';

/** What a test of a machine has. */
export interface MachineFixtures<D extends TestDriver> {
  /** A fork of the machine that belongs to this test alone, and ends with it. */
  readonly vm: Forked<Connected<D>>;
  /** Logged in to it by ssh. Only made for tests that ask for it. */
  readonly ssh: SshSession;
}

/**
 * A `test` whose tests have a machine each: the fork of one that was booted once. The machine is booted by the first test of a
 * worker that asks for it; with `boot: { remember: true }` in its configuration only the first worker of the first run waits for that.
 */
export function machineTest<D extends TestDriver>(
  driver: D,
  options: ReadyOptions<D>,
): TestAPI<MachineFixtures<D>> {
  const own = base.extend<{ $worker: { readonly $machine: Ready<D> }; $test: MachineFixtures<D> }>({
    $machine: [
      // biome-ignore lint/correctness/noEmptyPattern: vitest reads the names of other fixtures there
      async ({}, use: (machine: Ready<D>) => Promise<void>) => {
        await using machine = await openReadyMachine(driver, options);
        await use(machine);
      },
      { scope: 'worker' },
    ],
    vm: async ({ $machine }: { $machine: Ready<D> }, use: (vm: Forked<Connected<D>>) => Promise<void>) => {
      await using vm = await $machine.fork();
      await use(vm);
    },
    ssh: async ({ vm }: { vm: Forked<Connected<D>> }, use: (ssh: SshSession) => Promise<void>) => {
      await using ssh = await sshOf(vm).connect();
      await use(ssh);
    },
  } as never);
  return own as unknown as TestAPI<MachineFixtures<D>>; // SAFE: these are its fixtures, and one that is nobody's business
}

type Ready<D extends TestDriver> = Awaited<ReturnType<typeof openReadyMachine<D>>>;

function sshOf(vm: object): SshHandle {
  if ('ssh' in vm) return vm.ssh as SshHandle; // SAFE: a machine's child of that name is one
  throw new UnsupportedError('ssh: the machine has no ssh server', { capability: 'ssh', available: [] });
}
