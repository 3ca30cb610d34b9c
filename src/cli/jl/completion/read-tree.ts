import { exploreSession } from '../../../client/index.ts';
import { addNodes, defaultOf } from '../program.ts';
import { readReach } from '../reach.ts';
import { createRoot, type RootOptions, withOwnCommands } from '../root.ts';
import { type KnownCommand, knownCommand } from './known.ts';

/** Whoever waits for a completion does not wait long. */
const PATIENCE = '5s';

/** Asks the device for its tree, with the commands of all nodes. */
export async function readTree(
  options: RootOptions,
  env: Readonly<Record<string, string | undefined>>,
): Promise<KnownCommand> {
  const { address, options: reach } = await readReach(options, env);
  await using explored = await exploreSession(address, { ...reach, timeout: PATIENCE });
  const root = createRoot();
  const signal = explored.session.signal;
  await addNodes(root, explored.root, [], { signal, all: true });
  return knownCommand(withOwnCommands(root, env), defaultOf);
}
