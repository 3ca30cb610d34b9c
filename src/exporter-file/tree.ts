import { NotFoundError } from '../core/index.ts';
import { type Driver, group, proxy } from '../driver/index.ts';
import type { Rig } from '../interfaces/index.ts';
import { annotated } from './annotated.ts';
import type { Declaration, Declarations } from './declarations.ts';
import type { DriverEntry, Entries, Entry, ReferenceEntry } from './entries.ts';
import { adviseName, type Target, type Targets } from './references.ts';

/** All that is known of the entries of a file. */
export interface Blueprint {
  readonly entries: Entries;
  readonly declarations: Declarations;
  readonly targets: Targets;
}

/** Told of what goes wrong when a driver is made. */
export type OnMistake = (entry: Entry, error: unknown) => void;

/** The drivers of a file by their names. What cannot be made is told to `onMistake` and left out. Nothing is opened. */
export function makeDrivers(blueprint: Blueprint, onMistake: OnMistake): Record<string, Driver> {
  return new Maker(blueprint, onMistake).drivers(blueprint.entries);
}

class Maker {
  readonly #declarations: Declarations;
  readonly #targets: Targets;
  readonly #onMistake: OnMistake;
  readonly #made = new Map<Entry, Driver | undefined>();
  /** Those whose own driver waits for the children that it is given. */
  readonly #underWay = new Set<Entry>();

  constructor({ declarations, targets }: Blueprint, onMistake: OnMistake) {
    this.#declarations = declarations;
    this.#targets = targets;
    this.#onMistake = onMistake;
  }

  drivers(entries: Entries): Record<string, Driver> {
    const drivers: Record<string, Driver> = {};
    for (const [name, entry] of Object.entries(entries)) {
      const driver = entry.kind === 'reference' ? this.#proxy(entry) : this.#driver(entry);
      if (driver) drivers[name] = driver;
    }
    return drivers;
  }

  #driver(entry: Entry): Driver | undefined {
    if (this.#made.has(entry) || this.#underWay.has(entry)) return this.#made.get(entry);
    this.#underWay.add(entry);
    const driver = this.#attempt(entry, () => this.#make(entry));
    this.#underWay.delete(entry);
    this.#made.set(entry, driver);
    return driver;
  }

  #make(entry: Entry): Driver | undefined {
    if (entry.kind === 'group') return group(this.drivers(entry.children));
    const declaration = entry.kind === 'driver' && this.#declarations.get(entry);
    return declaration ? this.#declared(entry, declaration) : undefined;
  }

  #declared(entry: DriverEntry, { form, config, given, ...notes }: Declaration): Driver | undefined {
    const passed = this.drivers(pick(entry.children, (name) => given.has(name)));
    // One of them has a mistake of its own.
    if (Object.keys(passed).length < given.size) return undefined;
    const driver = form.create(config, passed);
    // What is put below it may refer to what it has of its own.
    this.#made.set(entry, driver);
    const added = this.drivers(pick(entry.children, (name) => !Object.hasOwn(driver.children, name)));
    const { description, methods } = entry;
    return annotated(driver, { ...notes, description, methods, added });
  }

  #proxy(entry: ReferenceEntry): Driver | undefined {
    const target = this.#targets.get(entry);
    const driver = target && this.#driver(target.entry);
    if (!target || !driver) {
      if (target && this.#underWay.has(target.entry)) this.#onMistake(entry, ofItself(target));
      return undefined;
    }
    return this.#attempt(entry, () => {
      const rig = target.below.reduce<Rig>((at, name) => childOf(at, name, target), driver);
      return proxy([target.entry.path, ...target.below].join('.'), { ...driver, ...rig });
    });
  }

  #attempt<T>(entry: Entry, make: () => T): T | undefined {
    try {
      return make();
    } catch (error) {
      this.#onMistake(entry, error);
      return undefined;
    }
  }
}

function pick(entries: Entries, which: (name: string) => boolean): Entries {
  return Object.fromEntries(Object.entries(entries).filter(([name]) => which(name)));
}

/** A child that a driver has of its own. @throws NotFoundError when it has none of that name */
function childOf({ children }: Rig, name: string, { entry, below }: Target): Rig {
  const child = Object.hasOwn(children, name) ? children[name] : undefined;
  if (child) return child;
  const known = Object.keys(children).map((one) => `${entry.path}.${one}`);
  const missing = [entry.path, ...below].join('.');
  throw new NotFoundError(adviseName(missing, known), { what: 'driver', missing, known });
}

function ofItself({ entry: { path }, below }: Target): NotFoundError {
  const message = `${path} is made of this reference, and has nothing of its own before`;
  return new NotFoundError(message, { what: 'driver', missing: [path, ...below].join('.'), known: [] });
}
