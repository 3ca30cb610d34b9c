import type { z } from 'zod';
import { type ConfigIssue, nearestSpelling } from '../core/index.ts';
import { knownFields } from './known-fields.ts';

/** How many mistakes are told, and how much of what somebody has given is quoted in each: it may be megabytes. */
const MOST = 20;
const LONGEST = 200;

/** What `schema` found wrong with `input`, each with the field, the value it has and what is allowed; the first of many. */
export function describeIssues(error: z.ZodError, input: unknown, schema: z.ZodType): ConfigIssue[] {
  return explainIssues(error, input, schema, MOST).map(({ at, message }) => ({
    path: excerpt(at.join('.')),
    message,
  }));
}

/** A mistake, with the keys that lead to it. */
export interface ExplainedIssue {
  readonly at: readonly PropertyKey[];
  readonly message: string;
  /** It is the key itself that is wrong. */
  readonly isKey: boolean;
}

/** As `describeIssues`, for whoever has to find the place; all of them, or the first `most`. */
export function explainIssues(
  error: z.ZodError,
  input: unknown,
  schema: z.ZodType,
  most: number = Number.POSITIVE_INFINITY,
): ExplainedIssue[] {
  const issues = error.issues.slice(0, most).flatMap(flatten);
  return issues.flatMap((issue) => explain(issue, input, schema, most)).slice(0, most);
}

type Issue = z.core.$ZodIssue;

/** Of a union's alternatives, the one that came closest: the one with the fewest issues below the union itself. */
function flatten(issue: Issue): Issue[] {
  if (issue.code !== 'invalid_union') return [issue];
  const deeper = issue.errors.filter((errors) => errors.some(({ path }) => path.length > 0));
  const [closest] = deeper.toSorted((a, b) => a.length - b.length);
  if (!closest) return [issue];
  return closest.flatMap((inner) => flatten({ ...inner, path: [...issue.path, ...inner.path] }));
}

function explain(issue: Issue, input: unknown, schema: z.ZodType, most: number): ExplainedIssue[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.slice(0, most).map((key) => unknownField(key, issue.path, schema));
  // What is wrong is the name: the value is nobody's business.
  if (issue.code === 'invalid_key')
    return issue.issues.map((inner) => ({
      at: issue.path,
      message: `not a name that may be here; ${allowed(inner)}`,
      isKey: true,
    }));
  const value = issue.path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    input,
  ); // SAFE: only read
  const got = value === undefined ? 'missing' : `got ${quote(value, issue.path)}`;
  return [{ at: issue.path, message: `${got}; ${allowed(issue)}`, isKey: false }];
}

/** Fields whose values are nobody's business. */
const SECRET = /pass(?:word|phrase)|token|secret|identity$|private_?key/i;

/** What somebody has given, as much of it as is worth reading and may be read. */
function quote(value: unknown, path: readonly PropertyKey[]): string {
  if (path.some((key) => SECRET.test(String(key)))) return 'a value that is not shown';
  const hide = (key: string, inner: unknown) => (SECRET.test(key) && inner !== null ? '(not shown)' : inner);
  return excerpt(JSON.stringify(value, hide) ?? String(value));
}

/** `text`, as much of it as is worth reading. */
function excerpt(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}… (${text.length} characters)`;
}

function unknownField(key: string, path: readonly PropertyKey[], schema: z.ZodType): ExplainedIssue {
  const known = knownFields(schema, path);
  const meant = nearestSpelling(key, known);
  const advice = meant ? `did you mean ${meant}?` : `known: ${known.join(', ') || '(none)'}`;
  return { at: [...path, key], message: `unknown field; ${advice}`, isKey: true };
}

/** What people call the types of zod. */
const KINDS: Readonly<Record<string, string>> = {
  string: 'text',
  number: 'a number',
  int: 'a whole number',
  boolean: 'true or false',
  array: 'a list',
  object: 'names and their values',
  record: 'names and their values',
};

function allowed(issue: Issue): string {
  if (issue.code === 'invalid_value') return `allowed: ${issue.values.map(String).join(', ')}`;
  if (issue.code === 'invalid_type' && issue.message.startsWith('Invalid input: expected '))
    return `expected ${KINDS[issue.expected] ?? issue.expected}`;
  return issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
}
