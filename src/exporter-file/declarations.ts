import { z } from 'zod';
import { type FilePath, type Findings, Text } from '../config-files/index.ts';
import { type LogLevel, nearestSpelling } from '../core/index.ts';
import type { DriverForm } from '../driver/index.ts';
import { knownFields } from '../interfaces/index.ts';
import { type Catalogue, isClassPath } from './catalogue.ts';
import type { DriverEntry, Entries, Entry } from './entries.ts';

/** What an entry turned out to be. */
export interface Declaration {
  readonly form: DriverForm;
  /** As the form's schema has it. */
  readonly config: unknown;
  readonly labels: Readonly<Record<string, string>>;
  readonly logLevel: LogLevel | undefined;
  /** The names of the children that its driver is given; the others are added beside what it has of its own. */
  readonly given: ReadonlySet<string>;
}

export type Declarations = ReadonlyMap<DriverEntry, Declaration>;

/** Finds the type of every entry and checks its configuration and its children. What is wrong is noted, and left out. */
export async function declare(
  entries: Entries,
  catalogue: Catalogue,
  findings: Findings,
): Promise<Declarations> {
  const declarations = new Map<DriverEntry, Declaration>();
  for (const entry of flatten(entries)) {
    if (entry.kind !== 'driver') continue;
    const form = await catalogue.find(entry.type);
    if (form) {
      const declaration = declareDriver(entry, form, findings);
      if (declaration) declarations.set(entry, declaration);
    } else {
      const advice = catalogue.advise(entry.type);
      findings.blame([...entry.at, 'type'], `${entry.type} is no known type of driver; ${advice}`);
    }
  }
  return declarations;
}

/** All entries, parents before their children. */
export function* flatten(entries: Entries): Generator<Entry> {
  for (const entry of Object.values(entries)) {
    yield entry;
    if (entry.kind === 'driver' || entry.kind === 'group') yield* flatten(entry.children);
  }
}

/** Python's names of how important a line of the log is. */
const LEVELS = { DEBUG: 'debug', INFO: 'info', WARNING: 'warn', ERROR: 'error', CRITICAL: 'error' } as const;

const Common = z.object({
  labels: z.record(z.string(), Text).default({}),
  level: z.enum(Object.keys(LEVELS) as (keyof typeof LEVELS)[]).optional(), // SAFE: its own keys
});

function declareDriver(entry: DriverEntry, form: DriverForm, findings: Findings): Declaration | undefined {
  const at = [...entry.at, 'config'];
  const { common, rest } = splitConfig(entry, form);
  const given = checkChildren(entry, form, findings);
  const labels = findings.check(Common.shape.labels, common.labels, [...at, 'labels']);
  const level = findings.check(Common.shape.level, common.level, [...at, common.levelKey]);
  const config = findings.check(form.config, rest, at);
  if (config === undefined) return undefined;
  for (const notice of form.notices(config)) findings.notice([...entry.at, 'type'], notice);
  return { form, config, labels: labels ?? {}, logLevel: level && LEVELS[level], given };
}

/** What every driver takes, apart from what this one has of its own. */
function splitConfig({ type, config }: DriverEntry, form: DriverForm) {
  const own = knownFields(form.config, []);
  const levelKey = isClassPath(type) ? 'log_level' : 'logLevel';
  const isCommon = (key: string) => ['labels', levelKey].includes(key) && !own.includes(key);
  const rest = Object.fromEntries(Object.entries(config).filter(([key]) => !isCommon(key)));
  const [labels, level] = ['labels', levelKey].map((key) => (isCommon(key) ? config[key] : undefined));
  return { common: { labels, level, levelKey }, rest };
}

/** Which of the children the driver is given. Under a Python class path it may have more: its class then has them too. */
function checkChildren(
  { at, type, children }: DriverEntry,
  form: DriverForm,
  findings: Findings,
): ReadonlySet<string> {
  const names = Object.keys(children);
  const { required, others } = form.children;
  for (const name of required.filter((wanted) => !names.includes(wanted)))
    findings.blame([...at, 'children'], `${name} is missing; ${type} needs it`, 'key');
  if (others) return new Set(names);
  const unknown = names.filter((name) => !required.includes(name));
  for (const name of unknown) {
    const place: FilePath = [...at, 'children', name];
    const meant = nearestSpelling(name, required);
    if (meant !== undefined && !names.includes(meant)) findings.blame(place, `did you mean ${meant}?`, 'key');
    else if (!isClassPath(type)) {
      const allowed = required.length > 0 ? `allowed: ${required.join(', ')}` : 'it has no children';
      findings.blame(place, `unknown child of ${type}; ${allowed}`, 'key');
    }
  }
  return new Set(required);
}
