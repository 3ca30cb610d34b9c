import { expect, test } from 'vitest';
import { soakKills } from './kills.ts';

/** Another seed each day: what it finds can be repeated with it. */
const SEED = Math.floor(Date.now() / 86_400_000);

test('exporters that are killed at random moments leave nothing, and a machine beside them lives on', {
  timeout: 600_000,
}, async () => {
  const { kills, problems } = await soakKills({ seed: SEED, count: 30, real: 2, atOnce: 6 });
  expect(problems, `npm run soak -- kills --count 30 --real 2 --seed ${SEED}`).toEqual([]);
  expect(kills).toBe(30);
});
