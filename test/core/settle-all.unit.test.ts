import { setImmediate } from 'node:timers/promises';
import { expect, test } from 'vitest';
import { settleAll } from '../../src/core/index.ts';

test('all are waited for, also where one fails', async () => {
  let over = false;
  const slow = setImmediate().then(() => {
    over = true;
  });
  await expect(settleAll([Promise.reject(new Error('no')), slow])).rejects.toThrow('no');
  expect(over).toBe(true);
});

test('where several fail, all of that is told', async () => {
  const reasons = [new Error('one'), new Error('two')];
  const failed = settleAll(reasons.map((reason) => Promise.reject(reason)));
  await expect(failed).rejects.toMatchObject({ message: 'Error: one; Error: two', errors: reasons });
});
