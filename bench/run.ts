import type { Bench, Context, Rounds, Row, Sample } from './row.ts';
import { type Summary, summarize } from './stats.ts';

/** A line of the table with its figures. */
export interface Result {
  readonly bench: string;
  readonly row: Row;
  readonly ours: Summary;
  readonly other: Summary | undefined;
  /** Another build of ours, where one was given. */
  readonly baseline: Summary | undefined;
  /** Undefined where there is no goal. */
  readonly reached: boolean | undefined;
}

/** Measures the sides of a bench in turn, round by round, so that what else the machine does meets all of them. */
export async function runBench(bench: Bench, context: Context, asked: Rounds): Promise<Result[]> {
  await using stack = new AsyncDisposableStack();
  const sides = await bench.open(context, stack);
  const samples: Record<string, Sample[]> = {};
  const count = bench.rounds?.(asked) ?? asked.rounds;
  for (let round = 0; round < count; round++) {
    for (const [side, measure] of Object.entries(sides)) {
      const sample = await measure(round);
      samples[side] = [...(samples[side] ?? []), sample];
      process.stderr.write(`${bench.name} ${round + 1}/${count} ${side}: ${describe(sample)}\n`);
    }
  }
  return bench.rows.map((row) => {
    const ours = summarizeFigure(samples, row.ours.side, row.ours.key) ?? summarize([]);
    const other = row.other && summarizeFigure(samples, row.other.side, row.other.key);
    const baseline = summarizeFigure(samples, 'baseline', row.ours.key);
    const reached = row.goal?.isReached(ours.median, other?.median);
    return { bench: bench.name, row, ours, other, baseline, reached };
  });
}

function summarizeFigure(
  samples: Readonly<Record<string, readonly Sample[]>>,
  side: string,
  key: string,
): Summary | undefined {
  const values = samples[side]?.flatMap((sample) => sample[key] ?? []) ?? [];
  return values.length > 0 ? summarize(values) : undefined;
}

const describe = (sample: Sample) =>
  Object.entries(sample)
    .map(([key, value]) => `${key} ${value.toPrecision(4)}`)
    .join(', ');
