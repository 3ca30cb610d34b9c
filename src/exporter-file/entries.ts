import { z } from 'zod';
import { type FilePath, type Findings, Text } from '../config-files/index.ts';
import { nearestSpelling } from '../core/index.ts';

/** An entry of `export:` or `children:`, as the file has it. */
export type Entry = DriverEntry | GroupEntry | ReferenceEntry | BrokenEntry;

interface Placed {
  /** The keys that lead to it in the file. */
  readonly at: FilePath;
  /** Its names in the tree, dotted. */
  readonly path: string;
}

export interface DriverEntry extends Placed {
  readonly kind: 'driver';
  readonly type: string;
  readonly description: string | undefined;
  readonly methods: Readonly<Record<string, string>>;
  readonly config: Readonly<Record<string, unknown>>;
  readonly children: Entries;
}

/** Holds others and has nothing of its own. */
export interface GroupEntry extends Placed {
  readonly kind: 'group';
  readonly children: Entries;
}

/** Another driver of the file once more. */
export interface ReferenceEntry extends Placed {
  readonly kind: 'reference';
  readonly target: readonly string[];
}

/** What has been told already: whatever refers to it is right all the same. */
export interface BrokenEntry extends Placed {
  readonly kind: 'broken';
}

export type Entries = Readonly<Record<string, Entry>>;

const OBJECT = 'leave it out, or write {}';

const Fields = {
  driver: z.object({
    type: Text,
    description: Text.nullish(),
    methods_description: z.record(z.string(), Text, { error: OBJECT }).default({}),
    config: z.record(z.string(), z.unknown(), { error: OBJECT }).default({}),
    children: z.unknown().optional(),
  }),
  group: z.object({ children: z.unknown().optional() }),
  reference: z.object({ ref: Text.regex(/^[^.]+(\.[^.]+)*$/, 'expected names with dots between them') }),
};
const ALL = ['type', 'description', 'methods_description', 'config', 'children', 'ref'];

/** The Python class whose entries are references in another spelling. */
const PROXY = 'jumpstarter_driver_composite.driver.Proxy';

/** Reads entries by their names. What is wrong is noted. */
export function readEntries(value: unknown, at: FilePath, parent: string, findings: Findings): Entries {
  if (value === undefined) return {};
  if (!isObject(value)) {
    findings.blame(at, `got ${kindOf(value)}; expected names and their drivers, or {}`);
    return {};
  }
  const entries: Record<string, Entry> = {};
  for (const [name, given] of Object.entries(value)) {
    const place = { at: [...at, name], path: parent === '' ? name : `${parent}.${name}` };
    entries[name] = readEntry(given, place, findings) ?? { ...place, kind: 'broken' };
  }
  return entries;
}

/**
 * Jumpstarter takes for an empty group whatever it cannot read as a driver; here an entry is what its keys say, and must
 * be right as that.
 */
function readEntry(value: unknown, place: Placed, findings: Findings): Entry | undefined {
  const { at } = place;
  if (!isObject(value)) {
    findings.blame(
      at,
      `got ${kindOf(value)}; expected a driver: {type, config, children}, {children} or {ref}`,
    );
    return undefined;
  }
  if ('type' in value) return readDriver(value, place, findings);
  if ('ref' in value) {
    checkKeys(value, 'reference', at, findings);
    const reference = findings.check(Fields.reference, value, at);
    return reference && { ...place, kind: 'reference', target: reference.ref.split('.') };
  }
  return readGroup(value, place, findings);
}

function readGroup(
  value: Readonly<Record<string, unknown>>,
  place: Placed,
  findings: Findings,
): Entry | undefined {
  const { at, path } = place;
  const keys = Object.keys(value);
  if (keys.length === 0 || 'children' in value) {
    checkKeys(value, 'group', at, findings);
    const children = readEntries(value['children'], [...at, 'children'], path, findings);
    return { ...place, kind: 'group', children };
  }
  const misspelt = keys.filter((key) => !ALL.includes(key) && nearestSpelling(key, ALL) !== undefined);
  for (const key of misspelt) findings.unknownKey([...at, key], ALL, { refuse: true });
  if (misspelt.length === 0)
    findings.blame(
      at,
      'has neither type, nor children, nor ref: Jumpstarter makes an empty group of it',
      'key',
    );
  return undefined;
}

function readDriver(
  value: Readonly<Record<string, unknown>>,
  place: Placed,
  findings: Findings,
): Entry | undefined {
  const { at, path } = place;
  checkKeys(value, 'driver', at, findings);
  const children = readEntries(value['children'], [...at, 'children'], path, findings);
  const driver = findings.check(Fields.driver, value, at);
  if (!driver) return undefined;
  const { type, description, methods_description: methods, config } = driver;
  if (type === PROXY) {
    const reference = findings.check(Fields.reference, config, [...at, 'config']);
    return reference && { ...place, kind: 'reference', target: reference.ref.split('.') };
  }
  return { ...place, kind: 'driver', type, description: description ?? undefined, methods, config, children };
}

/** Tells of keys that an entry of this kind does not have. */
function checkKeys(value: object, kind: keyof typeof Fields, at: FilePath, findings: Findings): void {
  const known = Object.keys(Fields[kind].shape);
  for (const key of Object.keys(value).filter((name) => !known.includes(name))) {
    const message =
      kind === 'group'
        ? 'needs a type beside it'
        : `not allowed beside ${kind === 'driver' ? 'type' : 'ref'}`;
    if (ALL.includes(key)) findings.blame([...at, key], message, 'key');
    else findings.unknownKey([...at, key], kind === 'group' ? ALL : known, { refuse: false });
  }
}

function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === 'object' && value !== null && !Array.isArray(value) && !(value instanceof Date);
}

function kindOf(value: unknown): string {
  if (value === null) return 'nothing';
  return Array.isArray(value) ? 'a list' : `${typeof value === 'object' ? 'a date' : JSON.stringify(value)}`;
}
