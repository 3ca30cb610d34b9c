import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { pipeline } from 'node:stream/promises';
import { exploreSession, type ForkLine } from '../../../client/index.ts';
import { ConfigError } from '../../../core/index.ts';
import type { Machine } from '../../../interfaces/index.ts';
import { ExitStatus } from '../../exit-code.ts';
import { openOwnCommands } from '../../own-commands.ts';
import { shellEnvironment } from '../../shell/plan-shell.ts';
import { runCommand } from '../../shell/run-command.ts';
import { handleOf } from '../handle.ts';
import type { NodeCommands } from '../node-commands.ts';
import { withSocketFolder } from '../socket-folder.ts';

/** `jl fork`: a command with a machine of its own. */
export const registerFork: NodeCommands['register'] = (command, node, { signal }) => {
  command
    .command('fork')
    .description('run a command with a fork of the machine, which ends with it')
    .argument('<words...>', 'the snapshot to start from, then the command')
    .option('--live', 'fork the machine as it is now: all words are the command')
    .passThroughOptions()
    .addHelpText(
      'after',
      `
The command finds the fork at $JUMPSTARTER_HOST, as in \`jumplead shell\`. The exit code is that of the command.

Examples:
  jl snapshot save ready
  jl fork ready -- npm test
  jl fork --live -- jl ssh -- uname -r`,
    )
    .action(async (words: string[], { live }: { live?: true }) => {
      const from = live ? undefined : words[0];
      const rest = live ? words : words.slice(1);
      // It is kept where a word comes before it.
      const [program, ...args] = rest[0] === '--' ? rest.slice(1) : rest;
      if (program === undefined) throw noCommand();
      const machine = await handleOf<typeof Machine>(node);
      const fork = await machine.openFork({ ...(from !== undefined && { from }), signal });
      const code = await withFork(fork, (host) => runWith(host, program, args));
      if (code !== 0) throw new ExitStatus(code);
    });
};

/** Gives `act` a private socket at which the fork is reached; the fork lives until that is done. */
async function withFork<T>(fork: ForkLine, act: (socket: string) => Promise<T>): Promise<T> {
  await using _fork = await exploreSession({ name: fork.name, duplex: fork.connect });
  return await withSocketFolder(undefined, async (path) => {
    const sockets = new Set<Socket>();
    const server = createServer((socket) => {
      sockets.add(socket);
      socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
      void passOn(socket, fork);
    });
    server.listen(path);
    await once(server, 'listening');
    try {
      return await act(path);
    } finally {
      server.close();
      for (const socket of sockets) socket.destroy();
    }
  });
}

async function passOn(socket: Socket, fork: ForkLine): Promise<void> {
  try {
    await pipeline(socket, await fork.connect(), socket);
  } catch {
    // Either side has gone; whoever is at the other end sees it.
    socket.destroy();
  }
}

async function runWith(host: string, program: string, args: readonly string[]): Promise<number> {
  await using commands = await openOwnCommands();
  return await runCommand(program, args, commands.withPath(shellEnvironment(process.env, { host })));
}

function noCommand(): ConfigError {
  const message = 'say what to run: jl fork SNAPSHOT -- COMMAND, or jl fork --live -- COMMAND';
  return new ConfigError(`command: ${message}`, { issues: [{ path: 'command', message }] });
}
