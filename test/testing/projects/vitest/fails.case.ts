import { expect } from 'vitest';
import { count } from '../count.ts';
import { test } from './machine.ts';

test('breaks', async ({ vm }) => {
  expect(await count(vm)).toBe(7);
});

test('is not broken', async ({ vm }) => {
  expect(await count(vm)).toBe(1);
});
