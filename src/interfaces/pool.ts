import { z } from 'zod';
import { SnapshotName } from './snapshots.ts';

const Count = z.int('expected a whole number').min(0).max(1_000);

/** How many forks of a machine are kept. */
const sizes = {
  /** How many are kept ready: loaded, with their CPUs standing still. */
  min: Count,
  /** The most that there may be at a time, those that are claimed included. */
  max: Count.min(1),
};

/** @throws what a schema says, when more are to be ready than there may be */
const isOrdered = ({ min, max }: { readonly min: number; readonly max: number }) => min <= max;
const ORDER = { path: ['max'], message: 'expected `min` or more' };

export const PoolSizes = z.strictObject(sizes).refine(isOrdered, ORDER);
export type PoolSizes = z.output<typeof PoolSizes>;

/** A pool of forks of a snapshot, whose name it has. */
export const PoolRequest = z.strictObject({ from: SnapshotName, ...sizes }).refine(isOrdered, ORDER);
export type PoolRequest = z.output<typeof PoolRequest>;

/** A claim; without a name on the only pool that there is. */
export const PoolClaim = z.strictObject({
  from: SnapshotName.optional(),
  /** The longest that it waits for a machine, in milliseconds; 0: it takes a ready one or none. By default it waits. */
  wait: z.number().min(0).optional(),
});

/** How a pool is. */
export const PoolInfo = z.object({
  /** The snapshot. */
  from: z.string(),
  ...sizes,
  ready: z.number(),
  /** Claimed, and not ended. */
  claimed: z.number(),
  /** On the way to be ready. */
  opening: z.number(),
  /** Claims that wait. */
  waiting: z.number(),
  /** Claims that were given a machine, over all. */
  given: z.number(),
  /** How many machines ended, or could not start, before a claim had them. */
  broken: z.number(),
  /** Claims that got none. */
  refused: z.number(),
  /** How many of its machines had a bug of their kernel. */
  failed: z.number(),
  /** Why what they are forked from is not to be trusted: the bug of the latest; null while there was none. */
  doubt: z.string().nullable(),
  /** Why there are not as many ready as there should be; null when nothing is in the way. */
  problem: z.string().nullable(),
});
export type PoolInfo = z.output<typeof PoolInfo>;
