import { CapacityError, formatSize, parseSize, requireSpace } from '../../../core/index.ts';
import type { Equipment } from '../prepare.ts';
import type { Snapshot } from './snapshot.ts';

/** What a fork needs of the disk at least: for what its parent's console has shown, and to write to. */
const FORK_DISK = parseSize('16MiB');

/**
 * Looks whether there is room for one more fork beside `resting` others, which have not touched yet what they were promised.
 *
 * @throws CapacityError when the host has not the memory that a fork may come to need, or no disk to begin with.
 */
export async function checkForkRoom(
  { saved }: Snapshot,
  { config, host, run }: Equipment,
  resting: number,
): Promise<void> {
  await requireSpace(run.path, FORK_DISK, 'a fork');
  const translated = host.accelerator.name === 'tcg' ? parseSize(config.tbSize) : 0;
  const needed = parseSize(saved.sizes.memory ?? config.memory) + translated;
  const promised = resting * needed;
  const free = process.availableMemory() - promised;
  if (free >= needed) return;
  const beside = promised > 0 ? ` beside the ${formatSize(promised)} of those that are ready` : '';
  const message = `fork: a fork may come to need ${formatSize(needed)} of memory, and this host has ${formatSize(Math.max(0, free))}${beside}`;
  throw new CapacityError(message, { needed, free }, { operation: 'fork' });
}
