import { meet } from '../meet.ts';
import { test } from './machine.ts';

test('goes on and on', async ({ vm }) => {
  await vm.power.state();
  await meet();
  await new Promise(() => setInterval(() => undefined, 60_000));
}, 0);
