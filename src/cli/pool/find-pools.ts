import { type ExploredNode, type HandleFor, sessionOf } from '../../client/index.ts';
import { UnsupportedError } from '../../core/index.ts';
import { Machine, type PoolInfo } from '../../interfaces/index.ts';

/** A pool of an exporter. */
export interface FoundPool {
  /** The machine's names in the tree, dotted. */
  readonly machine: string;
  readonly handle: HandleFor<typeof Machine>;
  readonly info: PoolInfo;
}

/** The pools of all machines of a tree. */
export async function findPools(root: ExploredNode): Promise<FoundPool[]> {
  const own = root.interface?.id === Machine.id ? await poolsOf(root) : [];
  const below = await Promise.all([...root.children.values()].map(findPools));
  return [...own, ...below.flat()];
}

async function poolsOf(node: ExploredNode): Promise<FoundPool[]> {
  const handle = (await node.handle()) as HandleFor<typeof Machine> | undefined; // SAFE: made for the node's interface
  if (!handle) return [];
  try {
    return (await handle.pools()).map((info) => ({ machine: node.path, handle, info }));
  } catch (error) {
    // An older one, or Python's.
    if (error instanceof UnsupportedError && !sessionOf(handle).signal.aborted) return [];
    throw error;
  }
}
