import fc from 'fast-check';
import { expect } from 'vitest';
import { type Holdings, startVictim, type Victim } from '../hostile/victim.ts';

/** Seconds for each property, from `npm run fuzz`; without it a few hundred cases that are the same every time. */
const SECONDS = Number(process.env['JUMPLEAD_FUZZ'] ?? 0);

/** What vitest is to allow a property. */
export const TIMEOUT = SECONDS * 1_000 + 120_000;

/**
 * Tries `attack` with what `arbitrary` makes; after each case the exporter has to answer somebody else, and to have said
 * nothing on its stderr. `examples` are cases that once failed.
 */
export async function fuzz<T>(
  victim: Victim,
  arbitrary: fc.Arbitrary<T>,
  attack: (value: T) => Promise<void>,
  { runs, examples = [] }: { readonly runs: number; readonly examples?: readonly T[] },
): Promise<void> {
  const property = fc.asyncProperty(arbitrary, async (value) => {
    await attack(value);
    await victim.checkHonest();
    expect(victim.complaints()).toBe('');
  });
  const length = SECONDS
    ? { numRuns: 2 ** 31 - 1, interruptAfterTimeLimit: SECONDS * 1_000, markInterruptAsFailure: false }
    : { numRuns: runs, seed: 1 };
  await fc.assert(property, { ...length, examples: examples.map((example): [T] => [example]) });
}

/** An exporter to be attacked. */
export interface Range {
  readonly victim: Victim;
  /** What it held when it had served somebody in every way. */
  readonly before: Holdings;
}

export async function openRange(): Promise<Range> {
  const victim = await startVictim();
  await victim.checkNewcomers();
  return { victim, before: await victim.measure() };
}

/** After all that the exporter answers everybody, has given back what it took, and never took much. */
export async function checkRecovered({ victim, before }: Range): Promise<void> {
  await victim.checkNewcomers();
  expect(victim.complaints()).toBe('');
  // Connections end when their peers have gone; each look takes a turn of the exporter, in which they do.
  await expect
    .poll(async () => (await victim.measure()).descriptors, { timeout: 30_000 })
    .toBeLessThanOrEqual(before.descriptors);
  const { mib } = await victim.measure();
  expect(mib - before.mib).toBeLessThan(MOST_KEPT);
  expect(await victim.peak()).toBeLessThan(MOST_EVER);
}

/** MiB: what compiled code and caches of V8 may have grown by. */
const MOST_KEPT = 20;
/** MiB in all, at any time. */
const MOST_EVER = 600;

/** What must not be in any answer: where our code is, and what JavaScript says of mistakes in it. */
const INSIDE =
  /\bat .*:\d+:\d+|node:internal|node_modules|\/src\/|\.[jt]s:\d|\b(?:Type|Range|Reference|Syntax|Assertion)Error\b|Cannot (?:read|set|convert)|is not (?:a function|iterable|defined)|undefined \(|call stack/;

/** Checks that a text tells nothing that only we should know. */
export function checkAnswer(text: string): void {
  expect(INSIDE.exec(text)?.[0]).toBeUndefined();
  expect(text).not.toMatch(/sesame|internal error/);
}
