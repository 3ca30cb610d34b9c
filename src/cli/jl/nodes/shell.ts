import type { Command } from 'commander';
import type { ShellHandle } from '../../../client/index.ts';
import { mistake } from '../../../core/index.ts';
import type { Shell } from '../../../interfaces/index.ts';
import { ExitStatus } from '../../exit-code.ts';
import { writeTo } from '../copy.ts';
import { handleOf } from '../handle.ts';
import type { NodeCommands } from '../node-commands.ts';
import { several } from '../options.ts';

/** Scripts of the exporter's host, each a command. Their names have to be asked for. */
export const shellCommands: NodeCommands = {
  register: async (command, node, { signal }) => {
    const shell = await handleOf<typeof Shell>(node);
    for (const name of await shell.methods({ signal })) {
      const help = node.methods[name] ?? `run the script ${name} on the exporter's host`;
      registerScript(command.command(name).description(help), name, shell, signal);
    }
  },
};

function registerScript(script: Command, name: string, shell: ShellHandle, signal: AbortSignal): void {
  script
    .argument('[args...]', 'for the script')
    .option('-e, --env <key=value>', 'a variable for its environment; may be given several times', several)
    .allowUnknownOption()
    .passThroughOptions()
    .addHelpText('after', '\nThe exit code is that of the script.')
    .action(async (args: string[], { env = [] }: { env?: readonly string[] }) => {
      const output = shell.stream(name, args, { env: Object.fromEntries(env.map(readVariable)), signal });
      let next = await output.next();
      for (; !next.done; next = await output.next()) {
        const { stream, text } = next.value;
        await writeTo(process[stream], Buffer.from(text));
      }
      if (next.value !== 0) throw new ExitStatus(next.value);
    });
}

function readVariable(text: string): [string, string] {
  const [, key, value] = /^([^=]+)=(.*)$/s.exec(text) ?? [];
  if (key !== undefined && value !== undefined) return [key, value];
  const message = `got ${JSON.stringify(text)}; expected KEY=VALUE`;
  throw mistake('env', message);
}
