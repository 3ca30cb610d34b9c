import type { Command } from 'commander';
import type { ExploredNode } from '../../client/index.ts';
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

/** Other names of nodes, where no node of that name is beside them. */
const ALIASES: Readonly<Record<string, string>> = { screen: 'vnc' };

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
    if (node !== tree) describe(command, node);
    else if (node.description) command.description(node.description);
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
    const children = nodes.at(-1)?.children;
    const child = children?.get(word) ?? children?.get(ALIASES[word] ?? '');
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

function commandFor(parent: Command, child: ExploredNode): Command {
  const command = parent.command(child.name);
  for (const [alias, name] of Object.entries(ALIASES)) if (name === child.name) command.alias(alias);
  return command;
}

function describe(command: Command, node: ExploredNode): void {
  const known = entryOf(node);
  const unknown = `of a kind that jl does not know (${node.pythonClient || 'no class'})`;
  // What the exporter says goes before what we say.
  command.description(node.description ?? known?.summary ?? unknown);
}

function describeSubCommands(command: Command, node: ExploredNode): void {
  for (const sub of command.commands) {
    const told = node.children.has(sub.name()) ? undefined : node.methods[sub.name()];
    if (told) sub.description(told);
  }
}
