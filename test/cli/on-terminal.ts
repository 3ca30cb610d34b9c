import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { Duplex } from 'node:stream';
import { execa } from 'execa';
import type { Tty } from '../../src/client/console/tty.ts';
import { quoteWord } from '../../src/core/shell-words.ts';
import { channelFromDuplex } from '../../src/drivers/std/index.ts';
import { ttyOn } from '../fixtures/open-tty.ts';

/** A command on a terminal of its own, of 100 columns and 30 rows. */
export interface OnTerminal extends AsyncDisposable {
  /** What is shown, with its escape sequences; what is written is typed. */
  readonly tty: Tty;
  /** Changes the size of the window. */
  resize(rows: number, columns: number): Promise<void>;
  /** The exit code. */
  readonly exited: Promise<number>;
}

/** Runs a program of Node's on a terminal. */
export async function openOnTerminal(
  words: readonly string[],
  env: Readonly<Record<string, string | undefined>>,
): Promise<OnTerminal> {
  const run = [process.execPath, ...words].map(quoteWord).join(' ');
  // The name of the terminal comes first, for those who change its size.
  const line = `stty cols 100 rows 30; tty; exec ${run}`;
  const child = spawn('script', ['--quiet', '--flush', '--return', '--command', line, '/dev/null'], {
    stdio: ['pipe', 'pipe', 'inherit'],
    env: { ...process.env, CI: undefined, ...env, TERM: 'xterm-256color' },
  });
  const exited = once(child, 'exit').then(([code]) => Number(code));
  const screen = channelFromDuplex(
    Duplex.from({ readable: child.stdout, writable: child.stdin }),
    'terminal',
  );
  const tty = ttyOn(screen, { escapes: 'keep' });
  const { match } = await tty.expect(/(\/dev\/\S+)\r\n/);
  const path = match?.[1] ?? '';
  return {
    tty,
    exited,
    resize: async (rows, columns) => {
      await execa('stty', ['-F', path, 'rows', String(rows), 'cols', String(columns)]);
    },
    [Symbol.asyncDispose]: async () => {
      if (child.exitCode === null) child.kill('SIGKILL');
      await exited;
      await tty.close();
    },
  };
}
