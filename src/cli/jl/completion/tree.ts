/** An option, as far as completion is concerned. */
export interface KnownOption {
  /** `-o`, `--output`. */
  readonly flags: readonly string[];
  readonly help: string;
  readonly takesValue: boolean;
  readonly choices: readonly string[];
}

/** A command with all that can follow it, as plain JSON. */
export interface KnownCommand {
  readonly names: readonly string[];
  readonly help: string;
  readonly options: readonly KnownOption[];
  /** What its first argument may be, where that is one of a few. */
  readonly choices: readonly string[];
  readonly takesArguments: boolean;
  readonly commands: readonly KnownCommand[];
  /** The sub-command whose options may follow as well. */
  readonly byDefault?: string | undefined;
}

/** What may stand at the cursor. */
export interface Proposals {
  readonly words: readonly { readonly word: string; readonly help: string }[];
  /** The shell may propose files as well. */
  readonly files: boolean;
}

const NOTHING: Proposals = { words: [], files: false };
const FILES: Proposals = { words: [], files: true };

/** What may stand in place of the last of `words`, of which that may be empty. */
export function propose(root: KnownCommand, words: readonly string[]): Proposals {
  const current = words.at(-1) ?? '';
  let command = root;
  let open: KnownOption | undefined;
  let hasArgument = false;
  for (const word of words.slice(0, -1)) {
    if (open) open = undefined;
    else if (word === '--') return FILES;
    else if (word.startsWith('-')) open = needsValue(command, word);
    else {
      const next = hasArgument ? undefined : command.commands.find(({ names }) => names.includes(word));
      if (next) command = next;
      else hasArgument = true;
    }
  }
  const matching = (word: string) => word.startsWith(current);
  if (open) return open.choices.length > 0 ? plain(open.choices.filter(matching)) : FILES;
  if (current.startsWith('-')) return optionsOf(command, matching);
  if (command.choices.length > 0 && !hasArgument) return plain(command.choices.filter(matching));
  if (command.commands.length === 0) return command.takesArguments ? FILES : NOTHING;
  const found = command.commands.flatMap(({ names, help }) =>
    names.filter(matching).map((word) => ({ word, help })),
  );
  return { words: found, files: false };
}

function needsValue(command: KnownCommand, word: string): KnownOption | undefined {
  return all(command).find(({ flags, takesValue }) => takesValue && flags.includes(word));
}

function optionsOf(command: KnownCommand, matching: (word: string) => boolean): Proposals {
  const words = all(command).flatMap(({ flags, help }) =>
    flags.filter((word) => word.startsWith('--') && matching(word)).map((word) => ({ word, help })),
  );
  return { words, files: false };
}

/** The options of a command and of its default. */
function all({ options, commands, byDefault }: KnownCommand): readonly KnownOption[] {
  const meant = commands.find(({ names }) => byDefault !== undefined && names.includes(byDefault));
  return [...options, ...(meant?.options ?? [])];
}

const plain = (choices: readonly string[]): Proposals => ({
  words: choices.map((word) => ({ word, help: '' })),
  files: false,
});
