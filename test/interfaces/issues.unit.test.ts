import { expect, test } from 'vitest';
import { z } from 'zod';
import { describeIssues } from '../../src/interfaces/issues.ts';

const schema = z.strictObject({ mode: z.enum(['graceful', 'forced']).optional() });
const describe = (input: unknown) => {
  const { error } = schema.safeParse(input);
  return error ? describeIssues(error, input, schema) : [];
};

test('a value of megabytes is quoted in part, and so is a name', () => {
  const huge = 'x'.repeat(4_000_000);
  expect(describe({ mode: huge })).toEqual([
    {
      path: 'mode',
      message: `got "${huge.slice(0, 199)}… (4000002 characters); allowed: graceful, forced`,
    },
  ]);
  expect(describe({ [huge]: 1 })).toEqual([
    { path: `${huge.slice(0, 200)}… (4000000 characters)`, message: 'unknown field; known: mode' },
  ]);
});

test('of a hundred thousand mistakes the first twenty are told', () => {
  const keys = Array.from({ length: 100_000 }, (_, index) => [`key${index}`, null]);
  expect(describe(Object.fromEntries(keys))).toHaveLength(20);
});

test('of a name that is not allowed, the name is told and not the value', () => {
  const env = z.record(z.string().regex(/^\w+$/, 'allowed: letters, digits and _'), z.string());
  const input = { 'no name': 'a secret' };
  const { error } = env.safeParse(input);
  expect(error && describeIssues(error, input, env)).toEqual([
    { path: 'no name', message: 'not a name that may be here; allowed: letters, digits and _' },
  ]);
});
