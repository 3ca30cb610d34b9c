import type { Marks } from './tty-marks.ts';

/** A line to type, and the mark that says that the shell has taken it, where the next one must wait for that. */
export interface TypedLine {
  readonly text: string;
  readonly acknowledgement?: string;
}

/** The longest piece to type at once: busybox edits lines of up to 1023 bytes, a terminal keeps 4095. */
const PIECE_LENGTH = 600;

/**
 * What to type so that a POSIX shell runs `command` between the marks `b` and `e`, the latter with its exit code.
 *
 * The command travels as one word of plain characters: line editing, history and quoting see nothing of it. The terminal
 * leaves LF alone meanwhile, which tells its lines from the kernel's.
 */
export function planTtyCommand(command: string, marks: Marks): TypedLine[] {
  const pieces = split(encode(command));
  const last = pieces.pop() ?? '';
  const collect = pieces.map((piece, index) => ({
    text: ` jl_line=${index === 0 ? '' : '"$jl_line"'}'${piece}'; ${marks.print(`a${index}.`, '\\n')}`,
    acknowledgement: `a${index}.`,
  }));
  const collected = pieces.length === 0 ? '' : '"$jl_line"';
  const run = [
    ' stty -onlcr 2>/dev/null',
    marks.print('b', '\\n'),
    // Without `command`, a mistake of syntax would end dash's whole line.
    `command eval "$(printf %b ${collected}'${last}')"`,
    marks.print('e', ':%d:\\r\\n', '$?'),
    'stty onlcr 2>/dev/null',
  ];
  return [...collect, { text: run.join('; ') }];
}

/** The characters of `command` for `printf %b` within single quotes. */
function encode(command: string): string[] {
  return [...Buffer.from(command)].map((byte) => {
    const character = String.fromCharCode(byte);
    const isPlain = /[\w @%+=:,./"$(){}<>|&;*?#~[\]^-]/.test(character);
    return isPlain ? character : `\\0${byte.toString(8).padStart(3, '0')}`;
  });
}

function split(characters: readonly string[]): string[] {
  const pieces = [''];
  for (const character of characters) {
    const piece = pieces.pop() ?? '';
    if (piece.length + character.length > PIECE_LENGTH) pieces.push(piece, character);
    else pieces.push(piece + character);
  }
  return pieces;
}
