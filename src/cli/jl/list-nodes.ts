import type { Command } from 'commander';
import type { ListedNode } from './node-commands.ts';
import { entryOf } from './nodes.ts';

/** Other names of nodes, where no node of that name is beside them. */
const ALIASES: Readonly<Record<string, string>> = { screen: 'vnc' };

/** The child of `node` that is called `word`. */
export function childOf<N extends { readonly children: ReadonlyMap<string, N> }>(
  { children }: N,
  word: string,
): N | undefined {
  return children.get(word) ?? children.get(ALIASES[word] ?? '');
}

/** Adds a command for `child`, which does nothing yet. */
export function commandFor(parent: Command, child: ListedNode): Command {
  const command = parent.command(child.name);
  for (const [alias, name] of Object.entries(ALIASES)) if (name === child.name) command.alias(alias);
  return command;
}

/** Says what `node` is: what the exporter says goes before what we say. */
export function describeNode(command: Command, node: ListedNode): void {
  const known = entryOf(node);
  const unknown = `of a kind that jl does not know (${node.pythonClient || 'no class'})`;
  command.description(node.description ?? known?.summary ?? unknown);
}

/** Describes the whole, which says what it is only where the exporter does. */
export function describeRoot(root: Command, { description }: ListedNode): void {
  if (description) root.description(description);
}

/** Adds the nodes right below `tree` to `root`: what its help lists. */
export function listNodes(root: Command, tree: ListedNode): void {
  describeRoot(root, tree);
  for (const child of tree.children.values()) describeNode(commandFor(root, child), child);
}
