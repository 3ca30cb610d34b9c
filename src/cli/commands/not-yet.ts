import type { Command } from 'commander';
import { UnsupportedError } from '../../core/index.ts';

/** What `jmp` does with a controller. */
const COMMANDS = ['login', 'auth', 'get', 'create', 'update', 'delete', 'admin', 'mcp'];

/** Says of each command that is not there yet why, instead of that it is unknown. */
export function registerNotYet(program: Command): void {
  for (const name of COMMANDS)
    program
      .command(name, { hidden: true })
      .argument('[words...]')
      .allowUnknownOption()
      .helpOption(false)
      .action(() => {
        const message = [
          `jumplead ${name} is not there yet: it is about a controller, which jumplead does not speak to so far`,
          `the same from Jumpstarter: jmp ${name}, which reads the same files`,
          'without a controller: jumplead run and jumplead shell, with --exporter or --exporter-config',
        ].join('\n');
        const available = program.commands
          .map((command) => command.name())
          .filter((one) => !COMMANDS.includes(one));
        throw new UnsupportedError(message, { capability: name, available });
      });
  program.addHelpText('after', `\nNot there yet, because it is about a controller: ${COMMANDS.join(', ')}.`);
}
