import type { Findings } from '../config-files/index.ts';
import { nearestSpelling } from '../core/index.ts';
import { flatten } from './declarations.ts';
import type { DriverEntry, Entries, Entry, GroupEntry, ReferenceEntry } from './entries.ts';

/** What a reference means: an entry, or something below it that its driver has of its own. */
export interface Target {
  readonly entry: DriverEntry | GroupEntry;
  /** The names below it. */
  readonly below: readonly string[];
}

export type Targets = ReadonlyMap<ReferenceEntry, Target>;

/** Finds what each reference means. One that means nothing, or what it is a part of, is noted and left out. */
export function resolveReferences(entries: Entries, findings: Findings): Targets {
  const targets = new Map<ReferenceEntry, Target>();
  for (const entry of flatten(entries)) {
    if (entry.kind !== 'reference') continue;
    const target = findTarget(entry, entries, findings);
    if (target) targets.set(entry, target);
  }
  const circular = [...targets.keys()].filter((entry) => isCircular(entry, targets));
  for (const entry of circular) {
    blame(
      entry,
      `this reference lies below ${entry.target.join('.')}, which would be part of itself`,
      findings,
    );
    targets.delete(entry);
  }
  return targets;
}

function findTarget(reference: ReferenceEntry, entries: Entries, findings: Findings): Target | undefined {
  let level = entries;
  let entry: Target['entry'] | undefined;
  for (const [index, name] of reference.target.entries()) {
    const next = Object.hasOwn(level, name) ? level[name] : undefined;
    if (next?.kind === 'broken') return undefined;
    if (next?.kind === 'reference') {
      blame(reference, `${next.path} is a reference itself; name what that one names`, findings);
      return undefined;
    }
    // What a driver has of its own shows when it is made.
    if (!next && entry?.kind === 'driver') return { entry, below: reference.target.slice(index) };
    if (!next) {
      blame(reference, adviseName(reference.target.join('.'), namesOf(entries)), findings);
      return undefined;
    }
    entry = next;
    level = next.children;
  }
  return entry && { entry, below: [] };
}

const namesOf = (entries: Entries) =>
  [...flatten(entries)].filter(({ kind }) => kind !== 'reference').map(({ path }) => path);

/** What to say of a name that there is not. */
export function adviseName(name: string, known: readonly string[]): string {
  const meant = nearestSpelling(name, known);
  return `there is no driver ${name}; ${meant ? `did you mean ${meant}?` : `known: ${known.join(', ') || '(none)'}`}`;
}

function blame({ at }: ReferenceEntry, message: string, findings: Findings): void {
  findings.blame([...at, 'ref'], message);
}

/** True if what `start` stands for has `start` below it. */
function isCircular(start: ReferenceEntry, targets: Targets): boolean {
  const seen = new Set<Entry>();
  const leadsBack = (entry: Entry): boolean => {
    if (seen.has(entry)) return entry === start;
    seen.add(entry);
    if (entry.kind === 'broken') return false;
    if (entry.kind !== 'reference') return Object.values(entry.children).some(leadsBack);
    const target = targets.get(entry);
    // What a driver has of its own has no entries below it.
    return target?.below.length === 0 && leadsBack(target.entry);
  };
  return leadsBack(start);
}
