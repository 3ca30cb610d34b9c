import {
  configPlaces,
  deleteExporter,
  exporterPath,
  findExporter,
  listExporters,
  pythonYaml,
  writePrivately,
} from '../../config-files/index.ts';
import { DRIVER_TYPES } from '../../driver-types.ts';
import { loadExporterFile } from '../../exporter-file/index.ts';
import { type OutputOption, print } from '../jl/output.ts';
import { openPrompt } from '../prompt.ts';
import { alignColumns } from '../table.ts';
import { exists } from './client.ts';
import { isThere } from './files.ts';
import { answer, type CreateOptions, confirmInsecure, openEditor, tell } from './shared.ts';

/** Writes the file of an exporter without drivers. Endpoint and token are needed only where there is a controller. */
export async function createExporter(alias: string, options: CreateOptions): Promise<void> {
  const path = exporterPath(alias, configPlaces());
  if (await isThere(path)) throw exists('exporter', alias, path);
  using prompt = options.nointeractive ? undefined : openPrompt();
  const { env } = process;
  const ask = (option: string, question: string, given: string | undefined, how = {}) =>
    answer({ option, question, given, ...how }, prompt);
  const namespace = await ask('--namespace', 'Namespace', options.namespace ?? env['JMP_NAMESPACE']);
  const name = await ask('--name', 'Name of the exporter', options.name ?? env['JMP_NAME']);
  const endpoint = await ask('--endpoint', 'Endpoint of the controller (optional)', options.endpoint, {
    optional: true,
  });
  const token = await ask('--token', 'Token (hidden, optional)', options.token, {
    hidden: true,
    optional: true,
  });
  await confirmInsecure(options, prompt);
  const content = {
    ...{ apiVersion: 'jumpstarter.dev/v1alpha1', kind: 'ExporterConfig' },
    metadata: { namespace, name },
    ...(endpoint !== '' && { endpoint }),
    tls: { ca: '', insecure: options.insecureTls ?? false },
    ...(token !== '' && { token }),
    ...{ grpcOptions: {}, export: {} },
  };
  await writePrivately(path, pythonYaml(content));
  tell('wrote', path, options);
}

/** Removes the file of an exporter; says so where another one of the host counts from now on. */
export async function removeExporter(alias: string, options: { readonly output?: 'path' }): Promise<void> {
  const { path, uncovered } = await deleteExporter(alias, configPlaces());
  tell('deleted', path, options);
  if (uncovered !== undefined) process.stderr.write(`${uncovered} is there still, and counts from now on\n`);
}

/** Opens the file of an exporter in an editor, and checks it afterwards. */
export async function editExporter(alias: string): Promise<void> {
  const file = await findExporter(alias, configPlaces());
  await openEditor(file);
  const { notices } = await loadExporterFile(file, DRIVER_TYPES);
  for (const notice of notices) process.stderr.write(`${notice}\n`);
}

/** Prints the exporters of the user and of the host. */
export async function printExporters(options: OutputOption): Promise<void> {
  const items = [...(await listExporters(configPlaces()))].map(([alias, path]) => ({ alias, path }));
  const rows = items.map(({ alias, path }) => [alias, path]);
  await print(
    {
      data: { apiVersion: 'jumpstarter.dev/v1alpha1', items, kind: 'ExporterConfigList' },
      text: items.length > 0 ? alignColumns([['ALIAS', 'PATH'], ...rows]).trimEnd() : 'No resources found.',
      name: items.map(({ alias }) => alias).join('\n'),
    },
    options,
  );
}
