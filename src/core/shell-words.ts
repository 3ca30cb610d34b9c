/** A command: an array of words that are quoted for the shell, or text that is the shell's as it is. */
export type Command = string | readonly string[];

/** `command` as the line that a POSIX shell reads. */
export function shellLine(command: Command): string {
  return typeof command === 'string' ? command : command.map(quoteWord).join(' ');
}

/** One word for a POSIX shell, whatever is in it. */
export function quoteWord(word: string): string {
  return /^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`;
}
