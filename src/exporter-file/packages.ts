import { createRequire } from 'node:module';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Findings } from '../config-files/index.ts';
import type { DriverType, KnownDriverType } from '../driver/index.ts';

/** The drivers of an npm package, by the names that entries have for them. */
export interface PackageTypes {
  readonly name: string;
  readonly types: readonly KnownDriverType[];
}

/**
 * Loads the packages that a file allows. Each exports `driverType`, which goes by the name of the package, or `driverTypes`,
 * each of which goes by `PACKAGE#NAME`; all of them answer to their Python class paths too.
 *
 * A package is looked for where the file lies, where we were started, and beside jumplead.
 */
export async function loadPackages(
  allowed: readonly string[],
  findings: Findings,
  folder: string,
): Promise<PackageTypes[]> {
  const loaded: PackageTypes[] = [];
  for (const [index, name] of allowed.entries()) {
    const at = ['drivers', 'allow', index];
    const path = findPackage(name, folder);
    if (path === undefined) {
      findings.blame(at, `there is no package ${name}; npm install ${name} where this file lies`);
      continue;
    }
    const types = await importTypes(path).catch((error: unknown) => {
      const reason = error instanceof Error ? error.message : String(error);
      findings.blame(at, `the package ${name} cannot be loaded: ${reason}`);
      return undefined;
    });
    if (types === undefined) continue;
    if (types.length === 0)
      findings.blame(at, `the package ${name} has no drivers: it must export driverType or driverTypes`);
    loaded.push({ name, types: types.map((type) => offered(name, type)) });
  }
  return loaded;
}

interface Exported {
  readonly type: DriverType;
  /** There is one only. */
  readonly single: boolean;
}

async function importTypes(path: string): Promise<Exported[]> {
  const { driverType, driverTypes }: Record<string, unknown> = await import(pathToFileURL(path).href);
  const several = Array.isArray(driverTypes) ? driverTypes : [];
  return [
    ...(isDriverType(driverType) ? [{ type: driverType, single: true }] : []),
    ...several.filter(isDriverType).map((type) => ({ type, single: false })),
  ];
}

const offered = (name: string, { type, single }: Exported): KnownDriverType => ({
  name: single ? name : `${name}#${type.name}`,
  python: Object.keys(type.python),
  load: async () => type,
});

/** True if it has the parts that are used of it. */
function isDriverType(value: unknown): value is DriverType {
  if (!isObject(value)) return false;
  const { name, own, python } = value;
  return typeof name === 'string' && isObject(python) && [own, ...Object.values(python)].every(isForm);
}

function isForm(value: unknown): boolean {
  if (!isObject(value) || !isObject(value['config'])) return false;
  const { create, notices, config } = value;
  return [create, notices, config['safeParse']].every((part) => typeof part === 'function');
}

const isObject = (value: unknown): value is Readonly<Record<string, unknown>> =>
  typeof value === 'object' && value !== null;

/** The main file of a package, for one that lies in `folder`. */
export function findPackage(name: string, folder: string): string | undefined {
  if (!PACKAGE.test(name)) return undefined;
  for (const from of [join(folder, 'file'), join(process.cwd(), 'file'), import.meta.filename]) {
    try {
      return createRequire(from).resolve(name, { conditions: CONDITIONS } as object);
    } catch {
      // Not there, or nothing that can be imported: the next one is tried.
    }
  }
  return undefined;
}

/** A name that npm allows: no path, no URL, no module of Node. */
const PACKAGE = /^(?:@[a-z0-9~-][a-z0-9._~-]*\/)?[a-z0-9~-][a-z0-9._~-]*$/;
/** As `import` does it: a package may have nothing for `require`. */
const CONDITIONS = new Set(['node', 'import']);
