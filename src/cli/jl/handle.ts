import type { ExploredNode, HandleFor } from '../../client/index.ts';
import { UnsupportedError } from '../../core/index.ts';
import type { Interface } from '../../interfaces/index.ts';

/** The typed handle of a node whose interface is `I`: the table of nodes names the file that asks only for those. */
export async function handleOf<I extends Interface>(node: ExploredNode): Promise<HandleFor<I>> {
  const handle = await node.handle();
  if (handle) return handle as HandleFor<I>; // SAFE: made for the node's interface
  const message = `jl does not know what ${node.path} is: ${node.pythonClient}`;
  throw new UnsupportedError(message, { capability: node.pythonClient, available: [] });
}
