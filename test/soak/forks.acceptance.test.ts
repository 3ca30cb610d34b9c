import { expect, test } from 'vitest';
import { soakForks } from './forks.ts';

test('forks in a row leave nothing, and each of them answered', async () => {
  expect(await soakForks({ count: 20 }), 'npm run soak -- forks --count 20').toEqual([]);
});
