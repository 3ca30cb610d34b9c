import { openOwnCommands } from '../own-commands.ts';
import { shellEnvironment } from './plan-shell.ts';
import { runCommand } from './run-command.ts';

/** Runs a program with a session at hand: the one at the socket `host`, and `jl` for it. Resolves as `runCommand`. */
export async function runAt(host: string, program: string, args: readonly string[]): Promise<number> {
  await using commands = await openOwnCommands();
  return await runCommand(program, args, commands.withPath(shellEnvironment(process.env, { host })));
}
