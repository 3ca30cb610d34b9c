import { buffer } from 'node:stream/consumers';
import { mistake } from '../../../core/index.ts';
import type { Machine } from '../../../interfaces/index.ts';
import { ExitStatus } from '../../exit-code.ts';
import { handleOf } from '../handle.ts';
import type { NodeCommands } from '../node-commands.ts';

/** `jl agent`: what the agent in a guest does. */
export const registerAgent: NodeCommands['register'] = (command, node, { signal }) => {
  const agent = async () => (await handleOf<typeof Machine>(node)).agent;
  const all = command.command('agent').description('the agent in the guest: needs neither network nor login');
  all
    .command('exec')
    .description('run a command; its output comes when it has ended')
    .argument('<command...>', 'a program and its arguments')
    .option('-i, --stdin', 'give it what comes on standard input, 2 MiB at most')
    .passThroughOptions()
    .addHelpText('after', '\nThe exit code is that of the command.\n\nExample:\n  jl agent exec -- uname -r')
    .action(async (words: string[], { stdin }: { stdin?: true }) => {
      const input = stdin ? { stdin: await buffer(process.stdin) } : {};
      const result = await (await agent()).exec(words, { ...input, reject: false, signal });
      process.stdout.write(result.stdout);
      process.stderr.write(result.stderr);
      if (result.signal !== null) process.stderr.write(`${words[0]} was ended by ${result.signal}\n`);
      if (result.exitCode !== 0) throw new ExitStatus(result.exitCode ?? 255);
    });
  all
    .command('ready')
    .description('wait until the agent answers')
    .action(async () => (await agent()).ready({ signal }));
  all
    .command('set-time')
    .description("set the guest's clock")
    .argument('[time]', "ISO 8601 (default: the time of the exporter's host)")
    .action(async (time?: string) => (await agent()).setTime(readTime(time), { signal }));
};

function readTime(text: string | undefined): Date | undefined {
  if (text === undefined) return undefined;
  const time = new Date(text);
  if (!Number.isNaN(time.getTime())) return time;
  const message = `got ${JSON.stringify(text)}; expected a time such as 2031-05-06T07:08:09Z`;
  throw mistake('time', message);
}
