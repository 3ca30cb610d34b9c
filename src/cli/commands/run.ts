import { type Command, Option } from 'commander';
import { addLogOptions, logOptionsOf } from '../log-options.ts';
import type { RunOptions } from './run-run.ts';

/** The options that name an exporter file. */
export function addExporterOptions(command: Command): Command {
  return command
    .addOption(
      new Option('--exporter <alias>', 'an exporter of yours, by the name of its file').conflicts(
        'exporterConfig',
      ),
    )
    .option('--exporter-config <file>', 'an exporter file');
}

/** `jumplead run`: serves what an exporter file names. */
export function registerRun(program: Command): void {
  const command = program.command('run').description('serve the devices of an exporter file until Ctrl-C');
  addExporterOptions(command)
    .option(
      '--tls-grpc-listener <[host:]port>',
      'listen for clients here (host: 0.0.0.0; port 0 picks a free one)',
    )
    .option('--tls-cert <file>', 'the certificate to listen with, PEM')
    .option('--tls-key <file>', 'its private key, PEM')
    .option('--passphrase-file <file>', 'holds what clients must show; $JMP_GRPC_PASSPHRASE does too')
    .option('--passphrase <text>', 'the same, where everybody can read it in the list of processes')
    .option('--tls-grpc-insecure', 'listen without TLS')
    .option('--open-to-network', 'with --tls-grpc-insecure: let other hosts in, whoever they are')
    .option('--exit-on-lease-end', 'for exporters with a controller: end with the first lease');
  addLogOptions(command)
    .addHelpText(
      'after',
      `
Without a listener the devices are served on a private socket, for the user who runs this; JUMPSTARTER_HOST=... on
stdout tells where. Clients are \`jumplead shell\`, \`jl\`, Jumpstarter's \`j\`, and programs.

Exit code: 130 or 143 after Ctrl-C or SIGTERM, 1 when a hook has ended it, 2 for a mistake in options or file, 3 where
this host is to blame (a port in use, a device that does not open).

Examples:
  jumplead run --exporter-config lab.yaml
  jumplead run --exporter board-7 --tls-grpc-listener 127.0.0.1:19090 --tls-grpc-insecure
  jumplead run --exporter board-7 --tls-grpc-listener 19090 --tls-cert cert.pem --tls-key key.pem --passphrase-file secret`,
    )
    .action(async (options: RunOptions) => {
      await (await import('./run-run.ts')).runExporter({ ...options, ...logOptionsOf(command) });
    });
}
