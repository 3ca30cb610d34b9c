import { expect, it } from 'vitest';
import { fakeVirtualPower } from '../../../src/drivers/fake/index.ts';
import { callContext, openDriver } from '../open-driver.ts';

it('a machine that does not listen is switched off by force', async () => {
  await using node = await openDriver(fakeVirtualPower({ deaf: true }));
  await node.handlers.on(callContext());
  expect(await node.handlers.off({ mode: 'graceful' }, callContext())).toBe('forced');
});
