import { randomBytes } from 'node:crypto';
import { type Command, CommandError, type OpenWait, shellLine, type WaitOptions } from '../../core/index.ts';
import type { FaultOptions } from '../faults/fault-watch.ts';
import { planTtyCommand } from './tty-command.ts';
import { quoteTail, startWait } from './tty-errors.ts';
import type { TtyLine } from './tty-line.ts';
import { createMarks, KERNEL_MESSAGE } from './tty-marks.ts';

/** What a command on a console printed (on both its outputs: a console has only one), and how it ended. */
export interface TtyResult {
  readonly stdout: string;
  readonly exitCode: number;
}

export interface TtyRunOptions extends WaitOptions, FaultOptions {
  /** `false`: a command that fails is no error. */
  readonly reject?: boolean;
}

/** The most output that one command may print. */
const OUTPUT_LIMIT = 16 * 1024 * 1024;

/** Runs a command in the shell at the other end; see `Tty.run`. */
export async function runOnTty(
  tty: TtyLine,
  command: Command,
  { reject = true, ...options }: TtyRunOptions & OpenWait,
): Promise<TtyResult> {
  const line = shellLine(command);
  using wait = startWait(options, 'console.run');
  try {
    const { lost, ...result } = await converse(tty, line, wait.signal);
    if (lost > 0)
      throw commandError(line, result, 'printed more than a console is good for: write it to a file');
    if (result.exitCode !== 0 && reject) throw commandError(line, result, `exited with ${result.exitCode}`);
    return result;
  } catch (error) {
    // The command would go on, and whoever uses the console next would type into it.
    if (wait.signal.aborted) await tty.interrupt().catch(() => undefined);
    const waitingFor = `the end of ${JSON.stringify(line)}`;
    throw wait.failed(error, { ...tty.evidence(), waitingFor, patterns: [] });
  }
}

async function converse(
  tty: TtyLine,
  line: string,
  signal: AbortSignal,
): Promise<TtyResult & { readonly lost: number }> {
  const { reader } = tty;
  const marks = createMarks(randomBytes(4).toString('hex'));
  for (const { text, acknowledgement } of planTtyCommand(line, marks)) {
    await tty.sendLine(text, signal);
    if (acknowledgement) await reader.find({ acknowledgement: marks.pattern(acknowledgement) }, signal);
  }
  const begin = await reader.find({ begin: marks.pattern('b', '\\r*\\n') }, signal);
  using _wide = reader.widen(OUTPUT_LIMIT);
  const end = await reader.find({ end: marks.pattern('e', ':(?:\\d+):\\r*\\n') }, signal);
  const exitCode = Number(/:(\d+):/.exec(end.text)?.[1]);
  return { stdout: ownOutput(end.before, !begin.text.endsWith('\r\n')), exitCode, lost: end.lost };
}

/** The output without the kernel's. `bare`: lines of the command end in LF alone, so that the kernel's are known. */
function ownOutput(text: string, bare: boolean): string {
  return (bare ? text.replaceAll(KERNEL_MESSAGE, '') : text).replaceAll('\r\n', '\n');
}

function commandError(command: string, { stdout, exitCode }: TtyResult, what: string): CommandError {
  return new CommandError(
    [
      `console.run: ${JSON.stringify(command)} ${what}`,
      ...(stdout ? quoteTail(stdout, 'it printed:') : []),
    ].join('\n'),
    { command, exitCode, signal: null, stdout, stderr: '' },
    { operation: 'console.run' },
  );
}
