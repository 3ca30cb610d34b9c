import { closestMatch } from 'leven';
import type { z } from 'zod';
import type { ConfigIssue } from '../core/index.ts';
import { knownFields } from './known-fields.ts';

/** How many mistakes are told, and how much of what somebody has given is quoted in each: it may be megabytes. */
const MOST = 20;
const LONGEST = 200;

/** What `schema` found wrong with `input`, each with the field, the value it has and what is allowed; the first of many. */
export function describeIssues(error: z.ZodError, input: unknown, schema: z.ZodType): ConfigIssue[] {
  const issues = error.issues.slice(0, MOST).flatMap(flatten);
  return issues.flatMap((issue) => describe(issue, input, schema)).slice(0, MOST);
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

function describe(issue: Issue, input: unknown, schema: z.ZodType): ConfigIssue[] {
  if (issue.code === 'unrecognized_keys')
    return issue.keys.slice(0, MOST).map((key) => unknownField(key, issue.path, schema));
  const value = issue.path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    input,
  ); // SAFE: only read
  const got = value === undefined ? 'missing' : `got ${excerpt(JSON.stringify(value))}`;
  return [{ path: excerpt(issue.path.join('.')), message: `${got}; ${allowed(issue)}` }];
}

/** `text`, as much of it as is worth reading. */
function excerpt(text: string): string {
  return text.length <= LONGEST ? text : `${text.slice(0, LONGEST)}… (${text.length} characters)`;
}

/** How many letters may differ between a misspelt field and the one that is meant. */
const SPELLING = { maxDistance: 3 };

function unknownField(key: string, path: readonly PropertyKey[], schema: z.ZodType): ConfigIssue {
  const known = knownFields(schema, path);
  const meant = key.length > LONGEST ? undefined : closestMatch(key, known, SPELLING);
  const advice = meant ? `did you mean ${meant}?` : `known: ${known.join(', ')}`;
  return { path: excerpt([...path, key].join('.')), message: `unknown field; ${advice}` };
}

function allowed(issue: Issue): string {
  if (issue.code === 'invalid_value') return `allowed: ${issue.values.map(String).join(', ')}`;
  return issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
}
