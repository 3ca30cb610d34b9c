import { expect } from 'vitest';
import { count } from '../count.ts';
import { meet } from '../meet.ts';
import { test } from './machine.ts';

test('has a machine of its own while the other worker has', async ({ vm }) => {
  await meet();
  expect(await count(vm)).toBe(1);
  expect(await count(vm)).toBe(2);
});

test('finds nothing of what another test did', async ({ vm }) => {
  expect(await count(vm)).toBe(1);
});
