import { describe, it } from 'vitest';
import { type Duration, raceSignal, startDeadline } from '../../src/core/index.ts';

/** One thing that every driver of an interface must do. Fails by rejecting. */
export interface Check<S> {
  readonly name: string;
  run(specimen: S): Promise<void>;
}

/** Opens what one check works on. What it returns is disposed of after the check. */
export type OpenSpecimen<S> = () => Promise<S>;

/** Makes a vitest suite of the checks. */
export function describeChecks<S extends AsyncDisposable>(
  title: string,
  checks: readonly Check<S>[],
  open: OpenSpecimen<S>,
): void {
  describe(title, () => {
    for (const check of checks) {
      it(check.name, async () => {
        await using specimen = await open();
        await check.run(specimen);
      });
    }
  });
}

/** True if the check passes. One that has not ended within `timeout` has not passed. */
export async function passes<S extends AsyncDisposable>(
  check: Check<S>,
  open: OpenSpecimen<S>,
  timeout: Duration,
): Promise<boolean> {
  using deadline = startDeadline({ timeout }, { operation: check.name, waitingFor: 'its end' });
  try {
    await using specimen = await open();
    await raceSignal(check.run(specimen), deadline.signal);
    return true;
  } catch {
    return false;
  }
}
