import { CommanderError } from 'commander';
import { createRoot, HELP_WITHOUT_HOST, type RootOptions, withOwnCommands } from './root.ts';

/** As of a program that SIGPIPE has ended. */
const BROKEN_PIPE = 141;

/** Runs `jl`. Resolves to the exit code; output goes to stdout, what went wrong to stderr. */
export async function main(
  argv: readonly string[],
  env: Readonly<Record<string, string | undefined>> = process.env,
): Promise<number> {
  // Whoever reads what we print may have had enough: `jl ... | head`.
  const enough = new AbortController();
  process.stdout.on('error', (error) => enough.abort(error));
  try {
    if (argv[0] === 'complete' || argv[0] === 'completion') {
      await withOwnCommands(createRoot(), env).parseAsync([...argv], { from: 'user' });
      return 0;
    }
    const root = createRoot().helpOption(false).option('-h, --help').argument('[words...]');
    root.parse([...argv], { from: 'user' });
    const options = root.opts<RootOptions & { help?: true }>();
    const wantsHelp = root.args.length === 0 || root.args[0] === 'help' || options.help === true;
    // Without a device little is loaded.
    if ((options.host ?? env['JUMPSTARTER_HOST']) === undefined && wantsHelp) {
      withOwnCommands(createRoot(), env).addHelpText('after', HELP_WITHOUT_HOST).outputHelp();
      return 0;
    }
    const quick = wantsHelp ? await (await import('./help.ts')).quickHelp(options, env) : undefined;
    if (quick) {
      quick.outputHelp();
      return 0;
    }
    const { run } = await import('./run.ts');
    await run(wantsHelp ? ['--help'] : root.args, options, env, enough.signal);
    return enough.signal.aborted ? BROKEN_PIPE : 0;
  } catch (error) {
    return enough.signal.aborted ? BROKEN_PIPE : await explain(error);
  }
}

async function explain(error: unknown): Promise<number> {
  // Commander has printed its own message already; 'help' and 'version' end here as well, with code 0.
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
  const [{ describeFailure }, { exitCodeOf, ExitStatus, Interruption, Unsuccessful }] = await Promise.all([
    import('../report-error.ts'),
    import('../exit-code.ts'),
  ]);
  const isSilent = [ExitStatus, Interruption, Unsuccessful].some((kind) => error instanceof kind);
  if (!isSilent) process.stderr.write(`${describeFailure(error)}\n`);
  return exitCodeOf(error);
}
