import { UnsupportedError } from '../core/index.ts';
import type { Interface } from '../interfaces/index.ts';
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

/** Refuses what the peer of `node` does not say that it has: it may be older than we are. */
export function requireOffered<I extends Interface>(
  node: RemoteNode<I>,
  method: keyof I['methods'] & string,
  capability: string,
  available: readonly string[],
): void {
  requireExtended(node as unknown as RemoteNode, capability, available); // SAFE: only what all nodes have is used
  if (node.offers(method)) return;
  throw new UnsupportedError(`${capability}: the exporter at ${node.session.target} has no such call`, {
    capability,
    available,
  });
}
