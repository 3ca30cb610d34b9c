import { formatSize } from '../../core/index.ts';
import {
  type BootFacts,
  collectBoots,
  listBoots,
  listMachines,
  type MachineSpace,
  removeBoots,
} from '../../drivers/qemu/index.ts';
import { readOptionDuration } from '../option-duration.ts';
import { alignColumns } from '../table.ts';
import { type GcOptions, tellRemoved } from './tell-removed.ts';

const NONE = 'no boot is remembered; machines with `boot: { remember: true }` store theirs\n';

/** The boots that are remembered, and the machines that are on with what they share and what is their own. */
export async function list({ json }: { json?: boolean }): Promise<void> {
  const [boots, machines] = await Promise.all([listBoots(), listMachines()]);
  if (json) {
    process.stdout.write(`${JSON.stringify({ boots, machines }, null, 2)}\n`);
    return;
  }
  process.stdout.write(boots.length === 0 ? NONE : alignColumns(boots.map(describe), { right: [2] }));
  if (machines.length > 0)
    process.stdout.write(`\nmachines that are on\n${alignColumns(machines.map(describeMachine))}`);
}

const describeMachine = ({ run, hostname, shared, memory, disk }: MachineSpace) => [
  run,
  hostname,
  shared === 0 ? 'has booted' : `shares ${formatSize(shared)} memory`,
  `${formatSize(memory)} memory and ${formatSize(disk)} disk its own`,
];

const describe = ({ key, hostname, bytes, ready, used, inUse, doubt }: BootFacts) => [
  key.slice(0, 12),
  hostname,
  formatSize(bytes),
  inUse ? 'in use' : `used ${used.toISOString().slice(0, 16)}Z`,
  doubt === null ? ready : `not trusted: ${doubt}`,
];

/** Forgets each and says how much room that made. */
export async function remove(keys: readonly string[]): Promise<void> {
  for (const name of keys)
    for (const { key, bytes } of await removeBoots(name))
      process.stdout.write(`removed ${key.slice(0, 12)}, ${formatSize(bytes)}\n`);
}

/** Forgets what nobody needs, and says how much room that made. */
export async function collect(options: GcOptions): Promise<void> {
  const unusedFor = readOptionDuration('--older-than', options.olderThan);
  const removed = await collectBoots({ unusedFor, dryRun: options.dryRun });
  tellRemoved(removed, options, { row: describe, size: 2 });
}
