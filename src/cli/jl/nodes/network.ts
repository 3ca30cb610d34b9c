import type { Command } from 'commander';
import type { ExploredNode, NetworkHandle } from '../../../client/index.ts';
import { ConfigError } from '../../../core/index.ts';
import type { Network, TcpNetwork } from '../../../interfaces/index.ts';
import { handleOf } from '../handle.ts';
import type { JlContext, NodeCommands } from '../node-commands.ts';
import { port } from '../options.ts';
import { type OutputOption, print, withOutput } from '../output.ts';
import { untilInterrupted } from '../pause.ts';
import { withSocketFolder } from '../socket-folder.ts';

/** A port of the device, brought to this host. */
export const networkCommands: NodeCommands = {
  register: (command, node, context) =>
    registerForwards(command, () => handleOf<typeof Network>(node), context),
};

/** As `networkCommands`, with where it is: TCP, UDP, WebSocket. */
export const tcpNetworkCommands: NodeCommands = {
  register: (command, node, context) => {
    registerForwards(command, () => handleOf<typeof TcpNetwork>(node), context);
    registerAddress(command, node, context);
  },
};

/** `forward-tcp` and `forward-unix`, which go on until they are interrupted. */
export function registerForwards(
  command: Command,
  network: () => Promise<Pick<NetworkHandle, 'forward'>>,
  { signal }: JlContext,
): void {
  command
    .command('forward-tcp')
    .description('offer it at a port of this host, until Ctrl-C')
    .argument('<port>', '0: one that is free', port)
    .option('--address <host>', 'where to listen', 'localhost')
    .addHelpText('after', '\nThe address is printed as HOST:PORT once it can be used.')
    .action(async (localPort: number, { address }: { address: string }) => {
      checkLoopback(address);
      await using forward = await (await network()).forward({ localPort, signal });
      process.stdout.write(`${forward.host}:${forward.port}\n`);
      await untilInterrupted(signal);
    });
  command
    .command('forward-unix')
    .description('offer it as a Unix socket that only you can use, until Ctrl-C')
    .argument('[path]', 'where to put the socket (default: a private folder)')
    .action(async (path?: string) => {
      await withSocketFolder(path, async (socket) => {
        await using forward = await (await network()).forward({ path: socket, signal });
        process.stdout.write(`${forward.path}\n`);
        await untilInterrupted(signal);
      });
    });
}

const LOOPBACK = ['localhost', '127.0.0.1'];

function checkLoopback(address: string): void {
  if (LOOPBACK.includes(address)) return;
  const message = `got ${JSON.stringify(address)}; a device is offered to this host only: localhost or 127.0.0.1`;
  throw new ConfigError(`forward-tcp: address: ${message}`, { issues: [{ path: 'address', message }] });
}

/** `address`: where it is reached directly, as the exporter sees it. */
export function registerAddress(command: Command, node: ExploredNode, { signal }: JlContext): void {
  withOutput(
    command.command('address').description("where it is reached directly, as the exporter's host sees it"),
  )
    .option('--host', 'only the host')
    .option('--port', 'only the port')
    .action(async ({ host, port: wantsPort, ...options }: OutputOption & { host?: true; port?: true }) => {
      const { address } = await handleOf<typeof TcpNetwork>(node);
      const { whole, ...parts } = readAddress(await address({ signal }));
      const part = host ? parts.host : parts.port;
      await print({ data: parts, text: host === wantsPort ? whole : part }, options);
    });
}

/** The parts of `tcp://HOST:PORT` or `ws://HOST:PORT/PATH`; an IPv6 address is in brackets only within the whole. */
function readAddress(address: string): { whole: string; host: string; port: string } {
  const whole = address.replace(/^\w+:\/\//, '');
  const [, host = '', digits = ''] = /^(\[[^\]]*\]|[^:/]*)(?::(\d+))?/.exec(whole) ?? [];
  return { whole, host: host.replace(/^\[(.*)\]$/, '$1'), port: digits };
}
