import type { Goal } from './goals.ts';

/** What one round of one side came to: a figure for each key. */
export type Sample = Readonly<Record<string, number>>;

/** Measures one side once. */
export type Round = (round: number) => Promise<Sample>;

/** Where a figure comes from: a side, and the key in its samples. */
export interface Figure {
  readonly side: string;
  readonly key: string;
}

/** A line of the table. */
export interface Row {
  /** What is measured. */
  readonly what: string;
  readonly unit: 'ms' | 's' | 'MB/s' | 'MB' | '/s';
  readonly ours: Figure;
  /** What ours is held against; its name is what the table calls it. */
  readonly other?: Figure & { readonly name: string };
  readonly goal?: Goal;
}

/** Sides that are measured in turn, and the lines that come of it. */
export interface Bench {
  /** As `--only` names it. */
  readonly name: string;
  /** How it is measured, for the reader of the table. */
  readonly how: string;
  readonly rows: readonly Row[];
  /** How many rounds, where it is not the number that was asked for: a boot takes minutes. */
  rounds?(asked: Rounds): number;
  /** Makes everything ready. What was started ends with `stack`. */
  open(context: Context, stack: AsyncDisposableStack): Promise<Readonly<Record<string, Round>>>;
}

/** What the command line asked for. */
export interface Rounds {
  readonly rounds: number;
  readonly boots: number;
}

/** What every bench may use. */
export interface Context {
  /** Our package as it is installed: `bin`, `dist`, `node_modules`. */
  readonly ours: string;
  /** Another build of it to be measured beside ours, as the side `baseline`. */
  readonly baseline: string | undefined;
  /** The programs of the virtual environment with the stock Python packages. */
  readonly python: (program: string) => string;
  /** A folder for what is made on the way, on a disk. */
  readonly folder: string;
}

/** The name of Python's side in the table. */
export const PYTHON = 'Python';

/** Ours against Python's figure of the same key. */
export function againstPython(key: string): Pick<Row, 'ours' | 'other'> {
  return { ours: { side: 'ours', key }, other: { side: 'python', key, name: PYTHON } };
}
