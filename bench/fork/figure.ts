/** One line of the table: what was measured, each time. */
export interface Figure {
  readonly what: string;
  readonly unit: 'ms' | 's' | 'MiB' | '/min' | 'times' | 'forks';
  readonly values: readonly number[];
  readonly goal?: Goal | undefined;
}

/** What the median is to reach. */
export interface Goal {
  readonly text: string;
  readonly isReached: (median: number) => boolean;
}

export const atMost = (limit: number, text: string): Goal => ({
  text: `at most ${text}`,
  isReached: (median) => median <= limit,
});

export const atLeast = (limit: number, text: string): Goal => ({
  text: `at least ${text}`,
  isReached: (median) => median >= limit,
});

/** The figures of samples that were taken one after the other, by what they are called there. */
export function figuresOf(
  samples: readonly Readonly<Record<string, number>>[],
  about: Readonly<Record<string, Omit<Figure, 'values'>>>,
): Figure[] {
  return Object.entries(about).flatMap(([key, figure]) => {
    const values = samples.flatMap((sample) => sample[key] ?? []);
    return values.length === 0 ? [] : [{ ...figure, values }];
  });
}

/** Does something so many times, and says on stderr what came of it. */
export async function repeat(
  name: string,
  count: number,
  measure: (round: number) => Promise<Readonly<Record<string, number>>>,
): Promise<Readonly<Record<string, number>>[]> {
  const samples: Readonly<Record<string, number>>[] = [];
  for (let round = 0; round < count; round++) {
    const sample = await measure(round);
    samples.push(sample);
    const said = Object.entries(sample).map(([key, value]) => `${key} ${value.toPrecision(4)}`);
    process.stderr.write(`${name} ${round + 1}/${count}: ${said.join(', ')}\n`);
  }
  return samples;
}
