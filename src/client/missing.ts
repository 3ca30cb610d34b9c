import { UnsupportedError } from '../core/index.ts';
import type { RemoteNode } from './node.ts';

/** Refuses what the peer of `node` lacks: a stock Jumpstarter exporter has only the calls in `available`. */
export function requireExtended(node: RemoteNode, capability: string, available: readonly string[]): void {
  if (node.extended) return;
  const name = node.path === '' ? capability : `${node.path}.${capability}`;
  throw new UnsupportedError(
    `${name}: the exporter at ${node.session.target} has no such call; it has: ${available.join(', ')}`,
    { capability, available },
    { operation: name },
  );
}
