import { createPool } from 'jumplead';
import { fakeMachine } from 'jumplead/fake';
import { expect, test } from 'vitest';

test('the guide to pools', async () => {
  const machine = fakeMachine();
  // #region pool
  await using pool = await createPool(machine, { ready: 'login', min: 2, max: 6 });
  {
    await using vm = await pool.claim();
    console.log(await vm.power.state()); // running
  } // It ends here, and another one is ready by now.
  // #endregion
  await pool.filled();
  expect(pool.info).toMatchObject({ ready: 2, claimed: 0, given: 1 });
  // #region snapshot
  await using vm = await pool.claim();
  await vm.snapshots.save('installed');
  await using installed = await createPool(vm, { from: 'installed', min: 1, max: 2 });
  const claimed = await installed.claim({ wait: '30s' });
  // #endregion
  expect(await claimed.power.state()).toBe('running');
  await claimed[Symbol.asyncDispose]();
});
