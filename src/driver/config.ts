import type { z } from 'zod';
import { ConfigError, type ConfigIssue } from '../core/index.ts';

/** Checks a configuration against its schema. @throws ConfigError naming each field, its value and what is allowed. */
export function parseConfig<S extends z.ZodType>(schema: S, input: unknown, what: string): z.output<S> {
  const result = schema.safeParse(input, { reportInput: true });
  if (result.success) return result.data;
  const issues = result.error.issues.flatMap(flatten).map((issue) => describe(issue, input));
  const lines = issues.map(({ path, message }) => `  ${path === '' ? '(whole)' : path}: ${message}`);
  throw new ConfigError([`${what}: the configuration is wrong`, ...lines].join('\n'), { issues });
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

function describe(issue: Issue, input: unknown): ConfigIssue {
  if (issue.code === 'unrecognized_keys') {
    const path = [...issue.path, issue.keys[0] ?? ''].join('.');
    return { path, message: `unknown field${issue.keys.length > 1 ? `s ${issue.keys.join(', ')}` : ''}` };
  }
  const value = issue.path.reduce<unknown>(
    (at, key) => (at as Record<PropertyKey, unknown> | undefined)?.[key],
    input,
  ); // SAFE: only read
  const got = value === undefined ? 'missing' : `got ${JSON.stringify(value)}`;
  return { path: issue.path.join('.'), message: `${got}; ${allowed(issue)}` };
}

function allowed(issue: Issue): string {
  if (issue.code === 'invalid_value') return `allowed: ${issue.values.map(String).join(', ')}`;
  return issue.message.charAt(0).toLowerCase() + issue.message.slice(1);
}
