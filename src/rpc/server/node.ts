import { randomUUID } from 'node:crypto';
import type { Log, LogLevel } from '../../core/index.ts';
import type { Interface } from '../../interfaces/index.ts';

/** What a handler gets as its last argument. */
export interface HandlerContext {
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly peer: { readonly name: string; readonly local: boolean; readonly gone?: AbortSignal | undefined };
}

/** A node of a tree to be served: its interface, what implements it, and its children in the order of the report. */
export interface ServedNode {
  readonly interface: Interface;
  /** The functions of the interface's methods, by their names. */
  readonly handlers: object;
  readonly children: Readonly<Record<string, ServedNode>>;
  /** Replaces the interface's Python class in the report. */
  readonly pythonClient?: string | undefined;
  readonly labels?: Readonly<Record<string, string>> | undefined;
  readonly description?: string | undefined;
  readonly help?: Readonly<Record<string, string>> | undefined;
  /** What is less important than this is left out of the log. */
  readonly logLevel?: LogLevel | undefined;
}

/** A served node with its place in the tree. */
export interface IndexedNode {
  readonly uuid: string;
  readonly name: string;
  /** Dotted names from the root, `''` for the root. */
  readonly path: string;
  readonly parent: IndexedNode | undefined;
  readonly node: ServedNode;
}

/** All nodes below `root`, itself first, parents before children. A node that is there twice has one uuid. */
export function indexTree(root: ServedNode): readonly IndexedNode[] {
  const uuids = new Map<ServedNode, string>();
  const visit = (node: ServedNode, name: string, parent: IndexedNode | undefined): IndexedNode[] => {
    const uuid = uuids.get(node) ?? randomUUID();
    uuids.set(node, uuid);
    const path = parent?.path ? `${parent.path}.${name}` : name;
    const self: IndexedNode = { uuid, name, path, parent, node };
    return [self, ...Object.entries(node.children).flatMap(([child, below]) => visit(below, child, self))];
  };
  return visit(root, '', undefined);
}
