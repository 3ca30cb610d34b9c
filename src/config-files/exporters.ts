import { rm } from 'node:fs/promises';
import { join } from 'node:path';
import { ConfigError, NotFoundError, nearestSpelling } from '../core/index.ts';
import { listYaml } from './list-files.ts';
import { checkAlias, type Places } from './places.ts';

/** The exporter files by their names; those of the user go before those of the host. */
export async function listExporters(places: Places): Promise<ReadonlyMap<string, string>> {
  const [system, own] = [await listYaml(places.systemExporters), await listYaml(places.exporters)];
  return new Map([...system, ...own].toSorted(([a], [b]) => (a < b ? -1 : 1)));
}

/** The file of the exporter of that name. @throws NotFoundError when there is none */
export async function findExporter(alias: string, places: Places): Promise<string> {
  checkAlias(alias, 'exporter');
  const known = await listExporters(places);
  const found = known.get(alias);
  if (found) return found;
  throw unknownConfig('exporter', alias, [...known.keys()], places.exporters);
}

/** Where the user's file of that name is to be. */
export function exporterPath(alias: string, places: Places): string {
  checkAlias(alias, 'exporter');
  return join(places.exporters, `${alias}.yaml`);
}

/**
 * Removes the user's exporter file of that name and returns where it was, with the one of the host that counts from now on.
 * @throws ConfigError when there is only the host's
 */
export async function deleteExporter(
  alias: string,
  places: Places,
): Promise<{ readonly path: string; readonly uncovered: string | undefined }> {
  const found = await findExporter(alias, places);
  const path = exporterPath(alias, places);
  if (found !== path) {
    const message = `${found} belongs to the host and is not deleted here`;
    throw new ConfigError(message, { issues: [{ path: 'alias', message }] });
  }
  await rm(path);
  return { path, uncovered: (await listYaml(places.systemExporters)).get(alias) };
}

/** There is no configuration of that name. */
export function unknownConfig(
  kind: 'client' | 'exporter',
  alias: string,
  known: readonly string[],
  folder: string,
): NotFoundError {
  const meant = nearestSpelling(alias, known);
  const advice = meant ? `did you mean ${meant}?` : `known: ${known.join(', ') || '(none)'}`;
  const message = `there is no ${kind} ${alias} in ${folder}; ${advice}`;
  return new NotFoundError(message, { what: kind, missing: alias, known });
}
