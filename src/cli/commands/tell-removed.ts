import { formatSize } from '../../core/index.ts';
import { alignColumns } from '../table.ts';

/** The options of a command that removes what nobody needs. */
export interface GcOptions {
  readonly olderThan: string;
  readonly dryRun?: boolean;
  readonly json?: boolean;
}

/** How what was removed is shown: its columns, and which of them is its size. */
export interface RemovedTable<T> {
  readonly row: (one: T) => readonly string[];
  readonly size: number;
}

/** Says what was removed, or would be, and how much room that makes. */
export function tellRemoved<T extends { readonly bytes: number }>(
  removed: readonly T[],
  { dryRun = false, json }: GcOptions,
  { row, size }: RemovedTable<T>,
): void {
  const bytes = removed.reduce((sum, one) => sum + one.bytes, 0);
  if (json) process.stdout.write(`${JSON.stringify({ dryRun, bytes, removed }, null, 2)}\n`);
  else if (removed.length === 0) process.stdout.write('nothing to remove\n');
  else
    process.stdout.write(
      `${alignColumns(removed.map(row), { right: [size] })}${formatSize(bytes)} ${dryRun ? 'would be freed' : 'freed'}\n`,
    );
}
