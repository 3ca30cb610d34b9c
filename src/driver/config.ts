import type { z } from 'zod';
import { ConfigError } from '../core/index.ts';
import { describeIssues } from '../interfaces/index.ts';

/** Checks a configuration against its schema. @throws ConfigError naming each field, its value and what is allowed. */
export function parseConfig<S extends z.ZodType>(schema: S, input: unknown, what: string): z.output<S> {
  const result = schema.safeParse(input, { reportInput: true });
  if (result.success) return result.data;
  const issues = describeIssues(result.error, input, schema);
  const lines = issues.map(({ path, message }) => `  ${path === '' ? '(whole)' : path}: ${message}`);
  throw new ConfigError([`${what}: the configuration is wrong`, ...lines].join('\n'), { issues });
}
