import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { execa } from 'execa';
import type { Exporter, Lab } from './exporters.ts';
import type { Command } from './row.ts';

/** The stock command `j` at an exporter. */
export const stockCommand = (exporter: Exporter, { python }: Lab): Command =>
  command(exporter, python.program('j'), []);

/** Our command `jl` at an exporter. */
export const ourCommand = (exporter: Exporter): Command =>
  command(exporter, process.execPath, ['--disable-warning=ExperimentalWarning', JL]);

const JL = join(import.meta.dirname, '../../../bin/jl.js');

function command(exporter: Exporter, program: string, before: readonly string[]): Command {
  return async (line, { input = '', over = exporter.unix, whenPrinted, signal = 'SIGINT' } = {}) => {
    const args = [...before, ...line.split(' ').filter((word) => word !== '')];
    const running = execa(program, args, { env: over.env, input, reject: false, stripFinalNewline: false });
    if (whenPrinted) {
      try {
        for await (const printed of createInterface({ input: running.stdout })) {
          await whenPrinted(printed);
          break;
        }
      } finally {
        running.kill(signal);
      }
    }
    const { exitCode, stdout, stderr } = await running;
    return { exitCode, stdout, stderr };
  };
}
