import { meet } from '../meet.ts';
import { test } from './machine.ts';

test('goes on and on', async ({ vm }) => {
  test.setTimeout(0);
  await vm.power.state();
  await meet();
  await new Promise(() => setInterval(() => undefined, 60_000));
});
