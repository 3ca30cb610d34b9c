import type { Command } from 'commander';
import type { KnownCommand } from './tree.ts';

/** What completion has to know of a command and all below it. */
export function knownCommand(
  command: Command,
  defaultOf: (command: Command) => string | undefined = () => undefined,
): KnownCommand {
  const help = command.createHelp();
  const [argument] = command.registeredArguments;
  return {
    names: [command.name(), ...command.aliases()],
    help: firstLine(command.description()),
    options: help.visibleOptions(command).map((option) => ({
      flags: [option.long, option.short].filter((flag) => flag !== undefined),
      help: firstLine(option.description),
      takesValue: option.required || option.optional,
      choices: option.argChoices ?? [],
    })),
    choices: argument?.argChoices ?? [],
    takesArguments: argument !== undefined,
    commands: command.commands
      .filter((sub) => help.visibleCommands(command).includes(sub) || sub.name() === defaultOf(command))
      .map((sub) => knownCommand(sub, defaultOf)),
    byDefault: defaultOf(command),
  };
}

const firstLine = (text: string) => text.split('\n', 1)[0] ?? '';
