import type { Argument, Command, Option } from 'commander';
import { completerOf } from './completers.ts';

/** One way to go on, and what it is. */
export type Candidate = readonly [word: string, description: string];

/** How a command line can go on. */
export interface Completion {
  readonly candidates: readonly Candidate[];
  /** Whether the name of a file may come here. */
  readonly files: boolean;
}

/** How `words` can go on, the last of which is not finished; `''` where it is not even begun. */
export async function complete(program: Command, words: readonly string[]): Promise<Completion> {
  const current = words.at(-1) ?? '';
  const { command, position, pending, isLiteral } = walk(program, words.slice(0, -1));
  if (pending) return await valuesOf(pending, current);
  if (isLiteral) return { candidates: [], files: true };
  const [, name, value] = /^(--[^=]+)=(.*)$/s.exec(current) ?? [];
  if (name !== undefined && value !== undefined) {
    const option = findOption(command, name);
    const { candidates, files } = option ? await valuesOf(option, value) : NOTHING;
    return { candidates: candidates.map(([word, about]) => [`${name}=${word}`, about]), files };
  }
  if (current.startsWith('-')) return { candidates: startingWith(current, optionsOf(command)), files: false };
  const argument = argumentAt(command, position);
  const values = argument ? await valuesOf(argument, current) : NOTHING;
  const commands = position === 0 ? startingWith(current, commandsOf(command)) : [];
  return { candidates: [...commands, ...values.candidates], files: values.files };
}

const NOTHING: Completion = { candidates: [], files: false };

/** Where finished words lead. */
interface Place {
  readonly command: Command;
  /** How many arguments the command has got. */
  readonly position: number;
  /** The option whose value comes next. */
  readonly pending: Option | undefined;
  /** After `--`. */
  readonly isLiteral: boolean;
}

function walk(program: Command, words: readonly string[]): Place {
  let command = program;
  let position = 0;
  let pending: Option | undefined;
  for (const word of words) {
    if (pending) pending = undefined;
    else if (word === '--') return { command, position, pending, isLiteral: true };
    else if (word.startsWith('-')) {
      const option = findOption(command, word);
      pending = option && takesValue(option) ? option : undefined;
    } else {
      const next = position === 0 ? findCommand(command, word) : undefined;
      if (next) command = next;
      else position += 1;
    }
  }
  return { command, position, pending, isLiteral: false };
}

const takesValue = ({ required, optional }: Option) => required || optional;

const findOption = ({ options }: Command, flag: string) =>
  options.find(({ long, short }) => flag === long || flag === short);

const findCommand = ({ commands }: Command, word: string) =>
  commands.find((command) => command.name() === word || command.aliases().includes(word));

function argumentAt({ registeredArguments }: Command, position: number): Argument | undefined {
  const last = registeredArguments.at(-1);
  return registeredArguments[position] ?? (last?.variadic ? last : undefined);
}

async function valuesOf(what: Option | Argument, current: string): Promise<Completion> {
  const known = what.argChoices ?? (await completerOf(what)?.());
  if (!known) return { candidates: [], files: true };
  return {
    candidates: startingWith(
      current,
      known.map((word) => [word, '']),
    ),
    files: false,
  };
}

function optionsOf(command: Command): Candidate[] {
  return command
    .createHelp()
    .visibleOptions(command)
    .flatMap(({ long, short, description }): Candidate[] =>
      [long ?? short].flatMap((flag) => (flag === undefined ? [] : [[flag, description]])),
    );
}

function commandsOf(command: Command): Candidate[] {
  return command
    .createHelp()
    .visibleCommands(command)
    .map((one) => [one.name(), one.summary() || one.description()]);
}

const startingWith = (current: string, candidates: readonly Candidate[]) =>
  candidates.filter(([word]) => word.startsWith(current));
