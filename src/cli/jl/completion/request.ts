import { createRoot, type RootOptions, withOwnCommands } from '../root.ts';
import { openTreeCache } from './cache.ts';
import { knownCommand } from './known.ts';
import { type KnownCommand, propose } from './tree.ts';

type Env = Readonly<Record<string, string | undefined>>;

/** What the scripts of the shells understand in the last line: only these, or files as well. */
const DIRECTIVE = { onlyThese: 4, files: 0 } as const;

/** Answers a shell that asks what may stand in place of the last of `words`. A device that does not answer has no nodes. */
export async function answerCompletion(asked: readonly string[], env: Env): Promise<string> {
  const words = unbroken(asked);
  const known = await knownTree(words, env);
  const { words: proposed, files } = propose(known, words);
  const lines = proposed.map(({ word, help }) => `${word}\t${help}`);
  return [...lines, `:${files ? DIRECTIVE.files : DIRECTIVE.onlyThese}`, ''].join('\n');
}

/** bash breaks words at `:` and `=`; an address is one word. */
function unbroken(words: readonly string[]): string[] {
  const whole: string[] = [];
  for (const [index, word] of words.entries()) {
    const isBreak = (one: string | undefined) => one === ':' || one === '=';
    if (index > 0 && (isBreak(word) || isBreak(words[index - 1]))) whole.push(`${whole.pop() ?? ''}${word}`);
    else whole.push(word);
  }
  return whole;
}

async function knownTree(words: readonly string[], env: Env): Promise<KnownCommand> {
  try {
    const root = createRoot()
      .argument('[words...]')
      .helpOption(false)
      .configureOutput({ writeErr: () => undefined });
    const options = root.parse(words.slice(0, -1), { from: 'user' }).opts<RootOptions>();
    const address = options.host ?? env['JUMPSTARTER_HOST'];
    if (!address) return knownCommand(withOwnCommands(createRoot()));
    const cache = await openTreeCache(address, env);
    const cached = await cache.read();
    if (cached) return cached;
    const { readTree } = await import('./read-tree.ts');
    const tree = await readTree(options, env);
    await cache.write(tree);
    return tree;
  } catch {
    return knownCommand(withOwnCommands(createRoot()));
  }
}
