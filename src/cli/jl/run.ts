import { exploreSession } from '../../client/index.ts';
import { listenForInterrupts } from '../interrupt.ts';
import { printLog } from './log.ts';
import { addNodes } from './program.ts';
import { readReach } from './reach.ts';
import { createRoot, type RootOptions, withOwnCommands } from './root.ts';

/** Connects, reads what there is, and runs what `words` say, until it is interrupted or `enough` aborts. */
export async function run(
  words: readonly string[],
  options: RootOptions,
  env: Readonly<Record<string, string | undefined>>,
  enough: AbortSignal,
): Promise<void> {
  using interrupts = listenForInterrupts({ quiet: true });
  const signal = AbortSignal.any([interrupts.signal, enough]);
  const { address, options: reach, notices } = await readReach(options, env);
  for (const notice of notices) process.stderr.write(`jl: ${notice}\n`);
  await using explored = await exploreSession(address, { ...reach, signal });
  if (options.logLevel) void printLog(explored.session, options.logLevel, signal);
  const root = createRoot();
  const rest = await addNodes(root, explored.root, words, { signal });
  await withOwnCommands(root, env).parseAsync(rest, { from: 'user' });
}
