import { type Command, Option } from 'commander';

/** How data are printed: for people when nothing is said. */
export interface OutputOption {
  readonly output?: 'json' | 'yaml' | 'name';
}

/** Adds `-o json|yaml|name` to a command that prints data. */
export function withOutput(command: Command): Command {
  return command.addOption(
    new Option('-o, --output <format>', 'as data for a program; name: only what matters most').choices([
      'json',
      'yaml',
      'name',
    ]),
  );
}

/** One piece of data in its forms. */
export interface Printable {
  readonly data: unknown;
  /** For people. */
  readonly text: string;
  /** What matters most, bare; default: the text. */
  readonly name?: string;
}

/** Prints `what` to stdout as the options say. */
export async function print({ data, text, name = text }: Printable, { output }: OutputOption): Promise<void> {
  const printed = await formatted(data, output === 'name' ? name : text, output);
  // No names are no lines.
  if (printed !== '') process.stdout.write(`${printed}\n`);
}

async function formatted(data: unknown, text: string, output: OutputOption['output']): Promise<string> {
  if (output === 'json') return JSON.stringify(data, undefined, 2);
  // Loaded only where it is asked for.
  if (output === 'yaml') return (await import('yaml')).stringify(data).trimEnd();
  return text;
}
