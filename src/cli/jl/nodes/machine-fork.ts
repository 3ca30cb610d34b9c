import { type ConfigError, mistake } from '../../../core/index.ts';
import { openForkSocket } from '../../../fork-socket.ts';
import type { Machine } from '../../../interfaces/index.ts';
import { ExitStatus } from '../../exit-code.ts';
import { runAt } from '../../shell/run-at.ts';
import { handleOf } from '../handle.ts';
import type { NodeCommands } from '../node-commands.ts';

/** `jl fork`: a command with a machine of its own. */
export const registerFork: NodeCommands['register'] = (command, node, { signal }) => {
  command
    .command('fork')
    .description('run a command with a fork of the machine, which ends with it')
    .argument('<words...>', 'the snapshot to start from, then the command')
    .option('--live', 'fork the machine as it is now: all words are the command')
    .option(
      '--renew',
      "renew in its guest what is its parent's: machine-id, ssh host keys, MAC address, DHCP lease",
    )
    .passThroughOptions()
    .addHelpText(
      'after',
      `
The command finds the fork at $JUMPSTARTER_HOST, as in \`jumplead shell\`. The exit code is that of the command.

Examples:
  jl snapshot save ready
  jl fork ready -- npm test
  jl fork --live -- jl ssh -- uname -r
  jl fork --renew ready -- ./join-cluster.sh`,
    )
    .action(async (words: string[], { live, renew }: { live?: true; renew?: true }) => {
      const from = live ? undefined : words[0];
      const rest = live ? words : words.slice(1);
      // It is kept where a word comes before it.
      const [program, ...args] = rest[0] === '--' ? rest.slice(1) : rest;
      if (program === undefined) throw noCommand();
      if (program.startsWith('-')) throw misplaced(program);
      const machine = await handleOf<typeof Machine>(node);
      const fork = await machine.openFork({ from, renew, signal });
      await using socket = await openForkSocket(fork);
      const code = await runAt(socket.path, program, args);
      if (code !== 0) throw new ExitStatus(code);
    });
};

/** It would be taken for the command. */
function misplaced(option: string): ConfigError {
  const message = `got ${JSON.stringify(option)}; options stand before the snapshot: jl fork ${option} SNAPSHOT -- COMMAND`;
  return mistake('command', message);
}

function noCommand(): ConfigError {
  const message = 'say what to run: jl fork SNAPSHOT -- COMMAND, or jl fork --live -- COMMAND';
  return mistake('command', message);
}
