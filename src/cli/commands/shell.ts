import { type Command, Option } from 'commander';
import { addExporterOptions } from './run.ts';
import type { ShellOptions } from './shell-run.ts';

/** What `jmp shell` has for leases, which need a controller. */
const LEASE_OPTIONS = [
  '--client <alias>',
  '--client-config <file>',
  '--lease <name>',
  '-l, --selector <labels>',
  '-n, --name <exporter>',
  '--duration <time>',
  '--acquisition-timeout <time>',
  '--retry-timeout <time>',
  '--dial-timeout <time>',
];

/** `jumplead shell`: a shell with a device attached. */
export function registerShell(program: Command): void {
  const command = program
    .command('shell')
    .aliases(['sh', 's'])
    .description('start a shell, or run a command, with a device at hand')
    .argument('[command...]', 'after --: run instead of a shell; its exit code is passed on');
  addExporterOptions(command)
    .option('--tls-grpc <host:port>', 'an exporter that listens elsewhere')
    .option('--fingerprint <sha256>', 'trust its certificate if it has this fingerprint, and no other')
    .option('--passphrase-file <file>', 'holds what the exporter asks for; $JMP_GRPC_PASSPHRASE does too')
    .option('--passphrase <text>', 'the same, where everybody can read it in the list of processes')
    .option('--tls-grpc-insecure', 'without TLS: everybody on the way can read and change what is sent')
    .option('--exporter-logs', 'show what the exporter logs')
    .addHelpText(
      'after',
      `
In the shell are \`jl\`, and JUMPSTARTER_HOST for it, for Jumpstarter's \`j\` and for tests that use its Python client.
With an exporter file the devices are opened here, for as long as the shell is there; hooks are not run.

Exit code: that of the command; before it could be run 2 for a mistake in options or file, 3 where this host is to
blame, 126 or 127 when the command cannot be run or is not there.

Examples:
  jumplead shell --exporter-config lab.yaml
  jumplead shell --exporter-config lab.yaml -- pytest
  jumplead shell --tls-grpc lab-7:19090 --fingerprint 8F34... --passphrase-file secret -- jl power on`,
    );
  for (const flags of LEASE_OPTIONS) command.addOption(new Option(flags).hideHelp());
  command.action(async (words: string[], options: ShellOptions) => {
    const lease = command.options.find(
      (option) => option.hidden && command.getOptionValue(option.attributeName()) !== undefined,
    );
    await (await import('./shell-run.ts')).runShell(words, options, lease?.long);
  });
}
