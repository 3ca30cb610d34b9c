import type { Command } from 'commander';
import { type PeekedNode, peekReport, STOCK_INTERFACES } from '../../rpc/peek/index.ts';
import { listNodes } from './list-nodes.ts';
import type { ListedNode } from './node-commands.ts';
import { entryOf } from './nodes.ts';
import { createRoot, type RootOptions, withOwnCommands } from './root.ts';

type Env = Readonly<Record<string, string | undefined>>;

/**
 * The help of the device at a socket, by no more than its report: the client, which takes five times as long to load, is not
 * needed. Undefined where it is: by TCP, with a passphrase, for a device whose root has commands - and where anything is wrong.
 */
export async function quickHelp(options: RootOptions, env: Env): Promise<Command | undefined> {
  const address = options.host ?? env['JUMPSTARTER_HOST'] ?? '';
  const needsMore = options.passphraseFile ?? env['JMP_GRPC_PASSPHRASE'] ?? options.logLevel;
  if (!address.includes('/') || needsMore !== undefined) return undefined;
  const peeked = await peekReport(address);
  const tree = peeked && listed(peeked);
  if (!tree || entryOf(tree)?.load) return undefined;
  const root = createRoot();
  listNodes(root, tree);
  return withOwnCommands(root, env);
}

function listed({ interfaceId, ...node }: PeekedNode): ListedNode {
  const ids = [interfaceId ?? '', STOCK_INTERFACES[node.pythonClient] ?? ''];
  return {
    ...node,
    interface: ids.map((id) => ({ id })).find((known) => entryOf({ interface: known })),
    children: new Map([...node.children].map(([name, child]) => [name, listed(child)])),
  };
}
