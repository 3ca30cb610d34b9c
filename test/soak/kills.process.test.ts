import { expect, test } from 'vitest';
import { soakKills } from './kills.ts';

/** The same at every run; other seeds are for `npm run soak`. */
const SEED = 1;

test('exporters that are killed at random moments leave nothing, and a machine beside them lives on', {
  timeout: 600_000,
}, async () => {
  const { kills, problems } = await soakKills({ seed: SEED, count: 30, real: 2, atOnce: 6 });
  expect(problems, `npm run soak -- kills --count 30 --real 2 --seed ${SEED}`).toEqual([]);
  expect(kills).toBe(30);
});
