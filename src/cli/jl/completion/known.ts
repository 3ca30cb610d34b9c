import { Argument, Command, Option } from 'commander';
import { firstLine } from '../../../core/index.ts';

/** A command with all that can follow it, as plain JSON: what completion keeps of a device. */
export interface KnownCommand {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly help: string;
  readonly options: readonly {
    readonly flags: string;
    readonly help: string;
    readonly choices?: readonly string[];
  }[];
  readonly arguments: readonly { readonly name: string; readonly choices?: readonly string[] }[];
  readonly commands: readonly KnownCommand[];
}

/** What is to be kept of `command`. A node also takes the options of the sub-command that it stands for. */
export function knownCommand(
  command: Command,
  defaultOf: (command: Command) => string | undefined,
): KnownCommand {
  const help = command.createHelp();
  const meant = command.commands.find((sub) => sub.name() === defaultOf(command));
  const visible = [command, ...(meant ? [meant] : [])].flatMap((one) => help.visibleOptions(one));
  const options = new Map(visible.map((option) => [option.flags, option]));
  return {
    name: command.name(),
    aliases: command.aliases(),
    help: firstLine(command.description()),
    options: [...options.values()].map(({ flags, description, argChoices }) => ({
      flags,
      help: firstLine(description),
      ...(argChoices && { choices: argChoices }),
    })),
    arguments: command.registeredArguments.map((argument) => ({
      name: argument.variadic ? `[${argument.name()}...]` : `[${argument.name()}]`,
      ...(argument.argChoices && { choices: argument.argChoices }),
    })),
    commands: help
      .visibleCommands(command)
      .filter((sub) => sub.name() !== 'help')
      .map((sub) => knownCommand(sub, defaultOf)),
  };
}

/** The commands that were kept, to be completed: none of them does anything. */
export function restoreCommand(known: KnownCommand): Command {
  const command = new Command(known.name).description(known.help).aliases(known.aliases).helpCommand(false);
  for (const { flags, help, choices } of known.options) {
    if (/(^|, )--help\b/.test(flags)) continue;
    const option = new Option(flags, help);
    command.addOption(choices ? option.choices(choices) : option);
  }
  for (const { name, choices } of known.arguments) {
    const argument = new Argument(name);
    command.addArgument(choices ? argument.choices(choices) : argument);
  }
  for (const sub of known.commands) command.addCommand(restoreCommand(sub));
  return command;
}
