import { expect } from '@playwright/test';
import { count } from '../count.ts';
import { test } from './machine.ts';

test('breaks', async ({ vm }) => {
  expect(await count(vm)).toBe(7);
});
