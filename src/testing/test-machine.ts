import type { MachineDriver } from '../bare-machine.ts';
import { openOwnMachine, type ReadyMachine, type ReadyOptions, rememberingDriver } from './ready-machine.ts';
import { openSharedMachine } from './shared-machine.ts';

/** A machine for tests: shared by all workers where `keeper` is known, else this worker's own. */
export async function openTestMachine<D extends MachineDriver>(
  given: D,
  options: ReadyOptions<D>,
  keeper: string | undefined,
): Promise<ReadyMachine<D>> {
  const driver = await rememberingDriver(given, options);
  const { origin } = driver;
  // A driver of the user's own cannot be made in another process.
  return keeper !== undefined && origin
    ? await openSharedMachine(keeper, { driver, origin }, options)
    : await openOwnMachine(driver, options);
}

/** Whether the machine of a test that fails is to be kept. */
export const keepsFailures = (): boolean => !['', '0'].includes(process.env['JUMPLEAD_KEEP'] ?? '');
