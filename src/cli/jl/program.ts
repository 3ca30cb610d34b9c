import type { Command } from 'commander';
import type { ExploredNode } from '../../client/index.ts';
import { childOf, commandFor, describeNode, describeRoot } from './list-nodes.ts';
import type { JlContext, NodeCommands } from './node-commands.ts';
import { entryOf } from './nodes.ts';

/** The words of a command line that name a node, and those that are for it. */
interface Way {
  readonly nodes: readonly ExploredNode[];
  readonly rest: readonly string[];
}

const defaults = new WeakMap<Command, string>();

/** The sub-command that a node's command stands for. */
export const defaultOf = (command: Command): string | undefined => defaults.get(command);

/**
 * Adds the nodes below `tree` to `root` as commands, with the sub-commands of those that `words` name; of all with `all`.
 * Returns the words to parse: those of a node alone, or with options, are for its default.
 */
export async function addNodes(
  root: Command,
  tree: ExploredNode,
  words: readonly string[],
  context: JlContext & { readonly all?: boolean },
): Promise<string[]> {
  const way = findWay(tree, words);
  const last = way.nodes.at(-1);
  let rest = way.rest;
  const add = async (command: Command, node: ExploredNode): Promise<void> => {
    if (node === tree) describeRoot(command, node);
    else describeNode(command, node);
    const isNamed = context.all || way.nodes.includes(node);
    const commands = isNamed ? await entryOf(node)?.load?.() : undefined;
    if (commands?.byDefault !== undefined) defaults.set(command, commands.byDefault);
    if (node === last && commands) rest = withDefault(commands, rest);
    if (!commands?.isSingle)
      for (const child of node.children.values()) await add(commandFor(command, child), child);
    await commands?.register(command, node, context);
    if (isNamed) describeSubCommands(command, node);
  };
  await add(root, tree);
  return [...way.nodes.slice(1).map(({ name }) => name), ...rest];
}

function findWay(tree: ExploredNode, words: readonly string[]): Way {
  const nodes = [tree];
  for (const [index, word] of words.entries()) {
    const child = childOf(nodes.at(-1) ?? tree, word);
    if (!child) return { nodes, rest: words.slice(index) };
    nodes.push(child);
  }
  return { nodes, rest: [] };
}

/** The words after a node's name, with its default before them where that is meant. */
function withDefault({ byDefault, isSingle }: NodeCommands, rest: readonly string[]): readonly string[] {
  const [first] = rest;
  if (byDefault === undefined || first === '--help' || first === '-h') return rest;
  const isMeant = isSingle || first === undefined || first.startsWith('-');
  return isMeant ? [byDefault, ...rest] : rest;
}

function describeSubCommands(command: Command, node: ExploredNode): void {
  for (const sub of command.commands) {
    const told = node.children.has(sub.name()) ? undefined : node.methods[sub.name()];
    if (told) sub.description(told);
  }
}
