import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { unknownConfig } from './exporters.ts';
import { listYaml } from './list-files.ts';
import { checkAlias, type Places } from './places.ts';
import { readCurrentClient, writeCurrentClient } from './user-config.ts';

/** The clients by their names. */
export const listClients = ({ clients }: Places): Promise<ReadonlyMap<string, string>> => listYaml(clients);

/** The file of the client of that name. @throws NotFoundError when there is none */
export async function findClient(alias: string, places: Places): Promise<string> {
  checkAlias(alias, 'client');
  const known = await listClients(places);
  const found = known.get(alias);
  if (found) return found;
  throw unknownConfig('client', alias, [...known.keys()], places.clients);
}

/** Where the client of that name is to be. */
export function clientPath(alias: string, places: Places): string {
  checkAlias(alias, 'client');
  return join(places.clients, `${alias}.yaml`);
}

/** The client in use; undefined where there is none, or none of that name any more. */
export async function currentClient(places: Places): Promise<string | undefined> {
  const alias = await readCurrentClient(places.user);
  return alias !== undefined && (await listClients(places)).has(alias) ? alias : undefined;
}

/** Puts a client to use. @throws NotFoundError when there is none of that name */
export async function useClient(alias: string, places: Places): Promise<string> {
  const path = await findClient(alias, places);
  await writeCurrentClient(places.user, alias);
  return path;
}

/** Removes a client. Where it was in use, the next one is from now on. */
export async function deleteClient(alias: string, places: Places): Promise<string> {
  const path = await findClient(alias, places);
  const wasInUse = (await currentClient(places)) === alias;
  await rm(path);
  if (wasInUse) {
    const [next] = (await listClients(places)).keys();
    await writeCurrentClient(places.user, next);
  }
  return path;
}
