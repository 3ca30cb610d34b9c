import { nearestSpelling } from '../core/index.ts';
import type { DriverForm, KnownDriverType } from '../driver/index.ts';
import { findPackage, type PackageTypes } from './packages.ts';

/** What `type:` may be in one file. */
export class Catalogue {
  /** Where the file lies. */
  readonly #folder: string;
  readonly #loaders = new Map<string, () => Promise<DriverForm | undefined>>();

  /** Of what is there under the same name, the first counts: a package replaces nothing of ours. */
  constructor(types: readonly KnownDriverType[], packages: readonly PackageTypes[], folder: string) {
    this.#folder = folder;
    for (const { name, python, load } of [...types, ...packages.flatMap((one) => one.types)]) {
      this.#add(name, async () => (await load()).own);
      for (const path of python) this.#add(path, async () => (await load()).python[path]);
    }
  }

  #add(name: string, load: () => Promise<DriverForm | undefined>): void {
    if (!this.#loaders.has(name)) this.#loaders.set(name, load);
  }

  /** The form of that name; its code is loaded now. Undefined when there is none. */
  async find(type: string): Promise<DriverForm | undefined> {
    return await this.#loaders.get(type)?.();
  }

  /** What to do about a type that there is not. */
  advise(type: string): string {
    const name = type.replace(/#.*/, '');
    if (findPackage(name, this.#folder) !== undefined)
      return `to load that package, write drivers: {allow: [${quoted(name)}]}`;
    const meant = nearestSpelling(type, [...this.#loaders.keys()]);
    if (meant !== undefined) return `did you mean ${meant}?`;
    if (PACKAGE.test(name) && !isClassPath(name))
      return `known: ${this.#names()}; a driver of an npm package is to be installed, and allowed by drivers: {allow: [${quoted(name)}]}`;
    const python = /^\w+(?:\.\w+)+$/.test(type)
      ? 'drivers written in Python run in their own exporter; '
      : '';
    return `${python}known: ${this.#names()}`;
  }

  #names(): string {
    return [...this.#loaders.keys()].filter((known) => !known.includes('.')).join(', ');
  }
}

/** Names that npm takes. */
const PACKAGE = /^(?:@[a-z0-9-~][a-z0-9-._~]*\/)?[a-z0-9-~][a-z0-9-._~]*$/;

/** As YAML takes it: a word cannot begin with `@`. */
const quoted = (name: string) => (name.startsWith('@') ? `'${name}'` : name);

/** True for what Python's exporter would take as a type: a class path. */
export const isClassPath = (type: string): boolean => /^[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)+$/.test(type);
