import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import type { Exporter, Lab } from './exporters.ts';
import type { Command } from './row.ts';

/** The stock command `j` at an exporter. */
export const stockCommand = (exporter: Exporter, { python }: Lab): Command =>
  command(exporter, 'SIGKILL', [python.program('j')]);

/** Our command `jl` at an exporter. */
export const ourCommand = (exporter: Exporter): Command =>
  command(exporter, 'SIGINT', [process.execPath, '--disable-warning=ExperimentalWarning', JL]);

/** How a command without an end is ended. Jumpstarter's does not always end by Ctrl-C. */
type Ending = 'SIGINT' | 'SIGKILL';

const JL = join(import.meta.dirname, '../../../bin/jl.js');

function command(exporter: Exporter, ending: Ending, [program = '', ...before]: readonly string[]): Command {
  return async (line, { input = '', over = exporter.unix, whenPrinted, signal = ending } = {}) => {
    const args = [...before, ...line.split(' ').filter((word) => word !== '')];
    const running = execa(program, args, { env: over.env, input, reject: false, stripFinalNewline: false });
    if (whenPrinted) {
      try {
        for await (const printed of createInterface({ input: running.stdout })) {
          if ((await whenPrinted(printed)) !== false) break;
        }
      } finally {
        running.kill(signal);
      }
    }
    const { exitCode, stdout, stderr } = await running;
    return { exitCode, stdout, stderr };
  };
}
