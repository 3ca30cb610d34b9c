import type { MachinePlan } from '../plan/types.ts';

/** A disk, to a QEMU that only takes a machine in to write down its state. */
export interface DiskSizes {
  /** Bytes, by the name of the block node. */
  readonly [node: string]: number;
}

/** The block nodes of a plan, and what they are made of. */
export function blockNodesOf({ argv }: Pick<MachinePlan, 'argv'>): BlockNode[] {
  return argv.flatMap((arg, index) =>
    argv[index - 1] === '-blockdev' ? [JSON.parse(arg) as BlockNode] : [],
  ); // SAFE: `blockNode` of the plan has written it
}

/** What `blockNode` of the plan writes. */
export interface BlockNode {
  readonly 'node-name': string;
  readonly driver: 'raw' | 'qcow2';
  readonly 'read-only': boolean;
  readonly file: { readonly filename: string };
}

/**
 * The same machine for a QEMU that runs nothing: it has the same devices in the same places, its memory is to be shared with
 * us, its disks are of nothing, and nobody reaches it.
 */
export function planReceiver({ argv }: Pick<MachinePlan, 'argv'>, sizes: DiskSizes): string[] {
  const changed = argv.map((arg, index) => {
    const option = argv[index - 1];
    if (option === '-blockdev') return JSON.stringify(nothing(JSON.parse(arg) as BlockNode, sizes)); // SAFE: as above
    if (option === '-object' && arg.startsWith('memory-backend-file,'))
      return arg.replace('share=off', 'share=on');
    if (option === '-netdev') return arg.replaceAll(/,hostfwd=[^,]*/g, '');
    return option === '-vnc' ? 'none' : arg;
  });
  return changed.includes('-incoming') ? changed : [...changed, '-incoming', 'defer'];
}

const nothing = ({ 'node-name': name, 'read-only': readonly }: BlockNode, sizes: DiskSizes) => ({
  'node-name': name,
  driver: 'null-co',
  size: sizes[name] ?? 0,
  'read-zeroes': true,
  'read-only': readonly,
});
