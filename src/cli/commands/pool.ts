import type { Command } from 'commander';
import { Option } from 'commander';
import { completedBy } from '../completion/completers.ts';
import { withOutput } from '../jl/output.ts';
import type { ClaimOptions, ListOptions, ServeOptions } from './pool-run.ts';
import { addExporterOptions } from './run.ts';

const run = () => import('./pool-run.ts');

/** `jumplead pool`: machines that are ready before anybody asks. */
export function registerPool(program: Command): void {
  const pool = program
    .command('pool')
    .description('keep machines ready, and claim them')
    .addHelpText(
      'after',
      `
A machine of an exporter file has \`pool: { min: 2, max: 6 }\` in its \`config:\`. It is booted once; then \`min\` forks of it
are kept loaded, with their CPUs standing still, and a claim has one within milliseconds.

Examples:
  jumplead pool serve --exporter-config lab.yaml
  jumplead pool claim -- npm test
  jumplead pool claim -- jl ssh -- uname -r
  jumplead pool ls`,
    );
  const serve = pool
    .command('serve')
    .description('keep the pools of an exporter file until Ctrl-C, and show how they are');
  addExporterOptions(serve)
    .addOption(
      new Option('-o, --output <format>', 'a line of JSON on stdout for each change').choices(['json']),
    )
    .addHelpText(
      'after',
      `
Others claim its machines while it runs: \`jumplead pool claim\`, or \`vm.openClaim()\` in a program. \`jumplead run\` keeps the
pools of its file as well, without showing them. At the end all machines of the pool end, also those that are claimed.

Examples:
  jumplead pool serve --exporter-config lab.yaml
  jumplead pool serve --exporter board-7 -o json`,
    )
    .action(async (options: ServeOptions) => (await run()).servePools(options));
  pool
    .command('claim')
    .description('run a command with a machine of a pool, which ends with it')
    .argument('[command...]', 'what to run; without one the machine is there until Ctrl-C')
    .addOption(nameOption())
    .option(
      '--host <address>',
      'claim from the exporter at this socket or HOST:PORT; default: those of this user',
    )
    .option(
      '--wait <time>',
      'how long to wait for a machine to become free; 0: take a ready one or none (default: for ever)',
    )
    .passThroughOptions()
    .addHelpText(
      'after',
      `
The command finds its machine at $JUMPSTARTER_HOST, running and booted, as in \`jumplead shell\`; the exit code is that of the
command, or 3 where no machine could be had.

Examples:
  jumplead pool claim -- npm test
  jumplead pool claim --wait 30s -- pytest
  jumplead pool claim --host lab-7:19090 -- jl console`,
    )
    .action(async (words: string[], options: ClaimOptions) => (await run()).claimMachine(words, options));
  withOutput(pool.command('ls').description('list the pools that this user keeps, and how they are')).action(
    async (options: ListOptions) => (await run()).listPools(options),
  );
}

function nameOption(): Option {
  return completedBy(
    new Option('--pool <name>', 'the exporter that keeps it, by its name; default: the only one'),
    async () => (await (await import('../pool/registry.ts')).listedExporters()).map(({ name }) => name),
  );
}
