import type { Client, Interface, Rig } from '../interfaces/index.ts';
import type { RemoteNode } from './node.ts';
import type { Waitable } from './wait/wait-for.ts';

/**
 * The handle of each interface, by its id. A package with an interface of its own adds its handle here by declaration
 * merging (`declare module 'jumplead' { interface HandleTypes { 'relay.v1': RelayHandle } }`) and by `registerHandle`.
 * An interface without an entry gets its raw calls.
 */
// biome-ignore lint/suspicious/noEmptyInterface: each handle's file merges its own entry
export interface HandleTypes {}

export type HandleFor<I extends Interface> = I['id'] extends keyof HandleTypes
  ? HandleTypes[I['id']]
  : Client<I>;

/**
 * The handles of a whole rig: each node's handle with its children as properties. The node `vnc` is called `display`. What
 * has children can be waited for.
 */
export type ClientTree<R extends Rig> = HandleFor<R['interface']> & {
  readonly [K in keyof R['children'] as K extends 'vnc' ? 'display' : K]: ClientTree<R['children'][K]>;
} & ([keyof R['children']] extends [never] ? unknown : Waitable);

/** Makes the handle of a node. It may ask the node for what the handle needs to know at once. */
export type HandleFactory = (node: RemoteNode) => object | Promise<object>;

const factories = new Map<string, HandleFactory>();

/** Registers the handle of an interface. A later registration of the same id replaces the earlier one. */
export function registerHandle<I extends Interface>(
  contract: I,
  factory: (node: RemoteNode<I>) => object | Promise<object>,
): void {
  factories.set(contract.id, factory as unknown as HandleFactory); // SAFE: only called with nodes of this interface
}

/** The handle of `node`: that of its interface, or its raw calls. */
export async function createHandle(contract: Interface, node: RemoteNode): Promise<object> {
  return (await factories.get(contract.id)?.(node)) ?? { ...node.calls };
}
