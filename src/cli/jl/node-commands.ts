import type { Command } from 'commander';
import type { ExploredNode } from '../../client/index.ts';

/** What a list of nodes says of one. */
export interface ListedNode extends Pick<ExploredNode, 'name' | 'description' | 'pythonClient' | 'methods'> {
  readonly interface: { readonly id: string } | undefined;
  readonly children: ReadonlyMap<string, ListedNode>;
}

/** What the commands of a node are run with. */
export interface JlContext {
  /** Aborts with an Interruption at Ctrl-C, hang-up or SIGTERM. */
  readonly signal: AbortSignal;
}

/** What `jl` offers for nodes of one interface. */
export interface NodeCommands {
  /** Adds the sub-commands to the node's own command. Nothing is asked of the device that need not be, before one of them is run. */
  readonly register: (command: Command, node: ExploredNode, context: JlContext) => void | Promise<void>;
  /** The sub-command that is meant by the node's name alone, or when options or `--` follow it. */
  readonly byDefault?: string;
  /** All words after the node's name belong to `byDefault`: `jl ssh uname -r`. Then nothing below the node is reached. */
  readonly isSingle?: true;
}

/** How the commands of an interface are found: loaded only for the nodes that are named. */
export interface NodeEntry {
  /** What the node is, for the list of nodes. */
  readonly summary: string;
  readonly load?: () => Promise<NodeCommands>;
}
