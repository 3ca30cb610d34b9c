import { Command, CommanderError } from 'commander';
import { VERSION } from '../core/index.ts';
import { registerCert } from './commands/cert.ts';
import { registerConfig } from './commands/config.ts';
import { registerDemo } from './commands/demo.ts';
import { registerDoctor } from './commands/doctor.ts';
import { registerDriver } from './commands/driver.ts';
import { registerImages } from './commands/images.ts';
import { registerNotYet } from './commands/not-yet.ts';
import { registerPool } from './commands/pool.ts';
import { registerRun } from './commands/run.ts';
import { registerShell } from './commands/shell.ts';
import { registerSnapshot } from './commands/snapshot.ts';
import { registerUp } from './commands/up.ts';
import { registerVersion } from './commands/version.ts';
import { registerCompletion } from './completion/register.ts';
import { addLeadingLogOptions } from './log-options.ts';

/** Runs the command line. Resolves to the exit code; output goes to stdout, what went wrong to stderr. */
export async function main(argv: readonly string[]): Promise<number> {
  const program = new Command('jumplead')
    .description('Drive devices under test: flash, power, console, screen and ssh.')
    .version(VERSION)
    .enablePositionalOptions()
    .showHelpAfterError('(add --help for the options)')
    .exitOverride();
  addLeadingLogOptions(program);
  registerCert(program);
  registerConfig(program);
  registerDemo(program);
  registerDoctor(program);
  registerDriver(program);
  registerImages(program);
  registerVersion(program);
  registerPool(program);
  registerRun(program);
  registerShell(program);
  registerSnapshot(program);
  registerUp(program, argv);
  registerCompletion(program);
  registerNotYet(program);
  try {
    await program.parseAsync([...argv], { from: 'user' });
    return 0;
  } catch (error) {
    // Commander has printed its own message already; 'help' and 'version' end here as well, with code 0.
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const [{ describeFailure }, { exitCodeOf, ExitStatus, Unsuccessful }] = await Promise.all([
      import('./report-error.ts'),
      import('./exit-code.ts'),
    ]);
    const isSilent = error instanceof Unsuccessful || error instanceof ExitStatus;
    if (!isSilent) process.stderr.write(`${describeFailure(error)}\n`);
    return exitCodeOf(error);
  }
}
