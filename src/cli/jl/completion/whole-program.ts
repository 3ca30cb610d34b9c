import type { Command } from 'commander';
import { createRoot, type RootOptions } from '../root.ts';
import { openTreeCache } from './cache.ts';
import { restoreCommand } from './known.ts';

/** `program` with the nodes of the device that `words` are for. A device that does not answer has none. */
export async function wholeProgram(
  program: Command,
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<Command> {
  try {
    const silent = createRoot().configureOutput({ writeErr: () => undefined });
    const root = silent.argument('[words...]').helpOption(false);
    const options = root.parse(words.slice(0, -1), { from: 'user' }).opts<RootOptions>();
    const address = options.host ?? env['JUMPSTARTER_HOST'];
    if (!address) return program;
    const cache = await openTreeCache(address, env);
    const cached = await cache.read();
    if (cached) return restoreCommand(cached);
    const { readTree } = await import('./read-tree.ts');
    const tree = await readTree(options, env);
    await cache.write(tree);
    return restoreCommand(tree);
  } catch {
    return program;
  }
}
