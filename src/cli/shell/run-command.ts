import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { constants } from 'node:os';
import { isatty } from 'node:tty';

/** Exit codes of shells for a command that there is not, and for one that may not be run. */
const CODES: Readonly<Record<string, number>> = { ENOENT: 127, EACCES: 126 };

/**
 * Runs a program on our terminal to its end, and passes signals on. Resolves to its exit code, as shells count: 128 and the
 * number of the signal that has ended it.
 */
export async function runCommand(
  program: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<number> {
  const child = spawn(program, args, { env, stdio: 'inherit' });
  using _ = passSignals(child);
  try {
    await once(child, 'exit');
    return child.exitCode ?? 128 + constants.signals[child.signalCode ?? 'SIGTERM'];
  } catch (error) {
    const { code = '' } = error as NodeJS.ErrnoException; // SAFE: of spawn
    const why =
      code === 'ENOENT' ? 'command not found' : code === 'EACCES' ? 'not executable' : String(error);
    process.stderr.write(`${program}: ${why}\n`);
    return CODES[code] ?? 126;
  }
}

/** What is meant for the program must not end us first. */
function passSignals(child: ChildProcess): Disposable {
  // What is typed on a terminal reaches all that runs in the foreground, the program too.
  const typed = isatty(0) ? ['SIGINT', 'SIGQUIT'] : [];
  const pass = (signal: NodeJS.Signals) => {
    if (!typed.includes(signal)) child.kill(signal);
  };
  const signals = ['SIGINT', 'SIGQUIT', 'SIGTERM', 'SIGHUP'] as const;
  for (const signal of signals) process.on(signal, pass);
  return {
    [Symbol.dispose]: () => {
      for (const signal of signals) process.off(signal, pass);
    },
  };
}
