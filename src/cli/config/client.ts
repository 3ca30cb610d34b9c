import {
  type ClientConfig,
  clientPath,
  configPlaces,
  currentClient,
  deleteClient,
  findClient,
  LEASE_TIMES,
  listClients,
  readClientConfig,
  useClient,
  writeClientConfig,
} from '../../config-files/index.ts';
import { ConfigError, isDutError } from '../../core/index.ts';
import { type OutputOption, print } from '../jl/output.ts';
import { openPrompt } from '../prompt.ts';
import { alignColumns } from '../table.ts';
import { isThere } from './files.ts';
import { answer, type CreateOptions, confirmInsecure, openEditor, tell } from './shared.ts';

export interface CreateClientOptions extends CreateOptions {
  readonly out?: string;
  readonly allow?: string;
  readonly unsafe?: boolean;
}

/** Writes the file of a client; the first one is in use from then on. */
export async function createClient(alias: string, options: CreateClientOptions): Promise<void> {
  const places = configPlaces();
  const path = options.out ?? clientPath(alias, places);
  if (options.out === undefined && (await isThere(path))) throw exists('client', alias, path);
  using prompt = options.nointeractive ? undefined : openPrompt();
  const { env } = process;
  const ask = (option: string, question: string, given: string | undefined, how = {}) =>
    answer({ option, question, given, ...how }, prompt);
  const namespace = await ask('--namespace', 'Namespace', options.namespace ?? env['JMP_NAMESPACE']);
  const name = await ask('--name', 'Name of the client', options.name ?? env['JMP_NAME']);
  const endpoint = await ask(
    '--endpoint',
    'Endpoint of the controller',
    options.endpoint ?? env['JMP_ENDPOINT'],
  );
  const token = await ask('--token', 'Token (hidden)', options.token ?? env['JMP_TOKEN'], { hidden: true });
  const allow = await ask('--allow', 'Packages of drivers to allow, with commas (optional)', options.allow, {
    optional: true,
  });
  await confirmInsecure(options, prompt);
  const config: ClientConfig = {
    metadata: { namespace, name },
    ...{ endpoint, token, refresh_token: undefined, grpcOptions: {} },
    tls: { ca: '', insecure: options.insecureTls ?? false },
    drivers: { allow: allow.split(',').filter((one) => one !== ''), unsafe: options.unsafe ?? false },
    shell: { use_profiles: false },
    leases: LEASE_TIMES,
  };
  await writeClientConfig(path, config);
  if (options.out === undefined && (await listClients(places)).size === 1) await useClient(alias, places);
  tell('wrote', path, options);
}

/** Removes the file of a client. */
export async function removeClient(alias: string, options: { readonly output?: 'path' }): Promise<void> {
  tell('deleted', await deleteClient(alias, configPlaces()), options);
}

/** Puts a client to use. */
export async function chooseClient(alias: string, options: { readonly output?: 'path' }): Promise<void> {
  tell(`${alias} is in use:`, await useClient(alias, configPlaces()), options);
}

/** Opens the file of a client in an editor, and checks it afterwards. */
export async function editClient(alias: string): Promise<void> {
  const file = await findClient(alias, configPlaces());
  await openEditor(file);
  await readClientConfig(file);
}

/** Prints the clients. Tokens are not among what is printed. */
export async function printClients(options: OutputOption): Promise<void> {
  const places = configPlaces();
  const current = await currentClient(places);
  const items = await Promise.all(
    [...(await listClients(places))].map(([alias, path]) => describe(alias, path)),
  );
  const rows = items.map((item) => [
    item.alias === current ? '*' : '',
    item.alias,
    'error' in item ? '(has mistakes: jumplead config check)' : (item.endpoint ?? ''),
    item.path,
  ]);
  const table = alignColumns([['CURRENT', 'ALIAS', 'ENDPOINT', 'PATH'], ...rows]).trimEnd();
  await print(
    {
      data: {
        apiVersion: 'jumpstarter.dev/v1alpha1',
        currentConfig: current ?? null,
        items,
        kind: 'ClientConfigList',
      },
      text: items.length > 0 ? table : 'No resources found.',
      name: items.map(({ alias }) => alias).join('\n'),
    },
    options,
  );
}

async function describe(alias: string, path: string) {
  try {
    const { token: _, refresh_token: __, ...config } = await readClientConfig(path);
    return { alias, path, ...config };
  } catch (error) {
    if (!isDutError(error)) throw error;
    return { alias, path, error: error.message };
  }
}

/** There is one of that name already. */
export function exists(kind: string, alias: string, path: string): ConfigError {
  const message = `the ${kind} ${alias} is there already: ${path}`;
  return new ConfigError(message, { issues: [{ path: 'alias', message }] });
}
