import { ConfigError } from '../core/index.ts';
import { describeIssues, type RestArg, type ValueArg } from '../interfaces/index.ts';

/** `value` as the schema of the argument reads it. @throws ConfigError naming the argument, the value and what is allowed */
export function checkArgument({ name, schema }: ValueArg, value: unknown, operation: string): unknown {
  const parsed = schema.safeParse(value, { reportInput: true });
  if (parsed.success) return parsed.data;
  const issues = describeIssues(parsed.error, value, schema).map(({ path, message }) => ({
    path: path ? `${name}.${path}` : name,
    message,
  }));
  const lines = issues.map(({ path, message }) => `argument ${path}: ${message}`);
  throw new ConfigError(`${operation}: ${lines.join('; ')}`, { issues }, { operation });
}

/** Each of `values` as the schema of the argument reads it. @throws ConfigError as `checkArgument` does */
export function checkRest(
  { name, schema }: RestArg,
  values: readonly unknown[],
  operation: string,
): unknown[] {
  return values.map((value, index) =>
    checkArgument({ kind: 'value', name: `${name}.${index}`, schema }, value, operation),
  );
}
