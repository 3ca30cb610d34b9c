import { dirname, resolve } from 'node:path';
import { type Findings, readConfig } from '../config-files/index.ts';
import { ConfigError, isDutError } from '../core/index.ts';
import { group, type KnownDriverType } from '../driver/index.ts';
import { Catalogue } from './catalogue.ts';
import { declare } from './declarations.ts';
import { type Entry, readEntries } from './entries.ts';
import type { ExporterFile } from './exporter-file.ts';
import { readHeader } from './header.ts';
import { loadPackages } from './packages.ts';
import { resolveReferences } from './references.ts';
import { makeDrivers } from './tree.ts';

/** How a file is loaded. */
export interface LoadOptions {
  /** Where metadata comes from that the file lacks. Default: the environment of this process. */
  readonly env?: Readonly<Record<string, string | undefined>>;
}

/**
 * Reads an exporter file: the YAML that `jmp run` takes, with drivers named by our names or by Python class paths. Nothing
 * is opened.
 *
 * @throws ConfigError with every mistake of the file, each with line, column and what would be right
 */
export async function loadExporterFile(
  path: string,
  types: readonly KnownDriverType[],
  { env = process.env }: LoadOptions = {},
): Promise<ExporterFile> {
  const file = resolve(path);
  const { content, findings } = await readConfig(path, 'an exporter file');
  const header = readHeader(content, findings, env);
  const entries = readEntries(content['export'], ['export'], '', findings);
  const packages = await loadPackages(header?.allowedPackages ?? [], findings, dirname(file));
  const catalogue = new Catalogue(types, packages, dirname(file));
  const declarations = await declare(entries, catalogue, findings);
  const targets = resolveReferences(entries, findings);
  const drivers = makeDrivers({ entries, declarations, targets }, (entry, error) =>
    blameCreation(entry, error, findings),
  );
  findings.throwIfAny();
  if (!header) throw new RangeError('a header that is wrong has said why');
  const { allowedPackages: _, ...said } = header;
  const { description } = header;
  const driver = group(drivers, description === undefined ? {} : { description });
  return { file, ...said, driver, notices: findings.notices };
}

/** What only shows when a driver is made of its configuration and its children. */
function blameCreation(entry: Entry, error: unknown, findings: Findings): void {
  if (error instanceof ConfigError && error.issues.length > 0)
    for (const { path, message } of error.issues) findings.blame([...entry.at, ...path.split('.')], message);
  else if (isDutError(error))
    findings.blame(entry.kind === 'reference' ? [...entry.at, 'ref'] : entry.at, error.message);
  else throw error;
}
