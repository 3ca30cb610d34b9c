import { type Command, InvalidArgumentError, Option } from 'commander';
import { LOG_LEVELS, type LogLevel } from '../core/index.ts';

export type LogFormat = 'text' | 'json';

/** How much of the log goes to stderr, and how. */
export interface LogOptions {
  readonly logLevel: LogLevel;
  readonly logFormat: LogFormat;
}

/** Python's names of levels that we call otherwise. */
const OTHER_NAMES: Readonly<Record<string, string>> = { warning: 'warn', critical: 'error' };

const level = () =>
  new Option('--log-level <level>', 'what goes to stderr').choices(LOG_LEVELS).argParser((text) => {
    const name = text.toLowerCase();
    const found = LOG_LEVELS.find((known) => known === (OTHER_NAMES[name] ?? name));
    if (found) return found;
    throw new InvalidArgumentError(`Allowed choices are ${LOG_LEVELS.join(', ')}.`);
  });

const FORMATS = ['text', 'json'];

/** Adds the options to a command that logs. */
export function addLogOptions(command: Command): Command {
  return command
    .addOption(level().default('info'))
    .addOption(new Option('--log-format <format>', 'how').choices(FORMATS).default('text'));
}

/** Takes them before the command as well, where `jmp` has them; commands that do not log pass over them. */
export function addLeadingLogOptions(program: Command): Command {
  return program
    .addOption(level().hideHelp())
    .addOption(new Option('--log-format <format>').choices([...FORMATS, 'auto']).hideHelp());
}

/** What was said of them, after the command or else before it. */
export function logOptionsOf(command: Command): LogOptions {
  const said = <T>(name: string): T => {
    const before = command.parent?.getOptionValue(name);
    const isAfter = command.getOptionValueSource(name) === 'cli';
    return isAfter || before === undefined || before === 'auto' ? command.getOptionValue(name) : before;
  };
  return { logLevel: said<LogLevel>('logLevel'), logFormat: said<LogFormat>('logFormat') };
}
