import { Argument, type Command, Option } from 'commander';
import { completedBy } from '../completion/completers.ts';
import type { CreateClientOptions } from '../config/client.ts';
import type { CreateOptions } from '../config/shared.ts';
import { type OutputOption, withOutput } from '../jl/output.ts';

/** `jumplead config`: the files of exporters and clients, at the places and in the form of Jumpstarter. */
export function registerConfig(program: Command): void {
  const config = program
    .command('config')
    .alias('conf')
    .description('check, create and list the files of exporters and clients')
    .addHelpText(
      'after',
      `
They lie where Jumpstarter has them: $JMP_CLIENT_CONFIG_HOME, else $XDG_CONFIG_HOME/jumpstarter, else
~/.config/jumpstarter; exporters of the host in /etc/jumpstarter/exporters.`,
    );
  registerCheck(config);
  registerClients(config);
  registerExporters(config);
}

function registerCheck(config: Command): void {
  const check = config
    .command('check')
    .description('look for mistakes in files of exporters and clients; nothing is started')
    .argument('<file...>')
    .action(async (files: string[], options: OutputOption) =>
      (await import('../config/check.ts')).checkFiles(files, options),
    );
  withOutput(check).addHelpText(
    'after',
    `
Exit code: 0 when all is right, 1 when there are mistakes: each with file, line, column and what would be right.

Example:
  jumplead config check lab/*.yaml`,
  );
}

const pathOption = () =>
  new Option('-o, --output <what>', 'path: print nothing but the path').choices(['path']);

function withIdentity(command: Command): Command {
  return command
    .option('--namespace <namespace>', 'namespace at the controller ($JMP_NAMESPACE)')
    .option('--name <name>', 'name at the controller ($JMP_NAME)')
    .option('-e, --endpoint <address>', 'the controller, HOST:PORT ($JMP_ENDPOINT)')
    .option('-t, --token <token>', 'the token; others can see it in the process list, better give $JMP_TOKEN')
    .option('-k, --insecure-tls', "do not check the controller's certificate")
    .option('--nointeractive', 'ask nothing')
    .addOption(pathOption());
}

function registerClients(config: Command): void {
  const client = config.command('client').aliases(['clients', 'c']).description('files of clients');
  const alias = () =>
    completedBy(new Argument('<name>', 'name of the client'), async () => {
      const { configPlaces, listClients } = await import('../../config-files/index.ts');
      return [...(await listClients(configPlaces())).keys()];
    });
  const load = () => import('../config/client.ts');
  withIdentity(client.command('create').alias('c'))
    .description('write the file of a client; what is not said is asked for')
    .argument('<alias>', 'what to call it here')
    .option('--out <file>', 'where to write it, instead of among the others')
    .option('-a, --allow <packages>', 'packages of driver clients that Python may load, with commas')
    .option('--unsafe', 'let Python load any package of driver clients')
    .action(async (name: string, options: CreateClientOptions) => (await load()).createClient(name, options));
  client
    .command('delete')
    .aliases(['del', 'd', 'rm'])
    .description('remove the file of a client')
    .addArgument(alias())
    .addOption(pathOption())
    .action(async (name: string, options: { output?: 'path' }) => (await load()).removeClient(name, options));
  client
    .command('use')
    .description('put a client to use')
    .addArgument(alias())
    .addOption(pathOption())
    .action(async (name: string, options: { output?: 'path' }) => (await load()).chooseClient(name, options));
  client
    .command('edit')
    .description('open the file of a client in $EDITOR, and check it afterwards')
    .addArgument(alias())
    .action(async (name: string) => (await load()).editClient(name));
  withOutput(client.command('list').alias('ls').description('list the clients')).action(
    async (options: OutputOption) => (await load()).printClients(options),
  );
}

function registerExporters(config: Command): void {
  const exporter = config.command('exporter').aliases(['exporters', 'e']).description('files of exporters');
  const alias = () =>
    completedBy(new Argument('[alias]', 'name of the exporter').default('default'), async () => {
      const { configPlaces, listExporters } = await import('../../config-files/index.ts');
      return [...(await listExporters(configPlaces())).keys()];
    });
  const load = () => import('../config/exporter.ts');
  withIdentity(exporter.command('create').alias('c'))
    .description('write the file of an exporter without drivers; what is not said is asked for')
    .argument('[alias]', 'what to call it here', 'default')
    .action(async (name: string, options: CreateOptions) => (await load()).createExporter(name, options));
  exporter
    .command('delete')
    .aliases(['del', 'd', 'rm'])
    .description('remove the file of an exporter')
    .addArgument(alias())
    .addOption(pathOption())
    .action(async (name: string, options: { output?: 'path' }) =>
      (await load()).removeExporter(name, options),
    );
  exporter
    .command('edit')
    .description('open the file of an exporter in $EDITOR, and check it afterwards')
    .addArgument(alias())
    .action(async (name: string) => (await load()).editExporter(name));
  withOutput(exporter.command('list').alias('ls').description('list the exporters')).action(
    async (options: OutputOption) => (await load()).printExporters(options),
  );
}
