import { serve } from 'jumplead';
import { expect, it } from 'vitest';
import { describePower } from '../conformance/power.ts';
import { serveSpecimen } from '../conformance/specimen.ts';
import { openFakeRelay } from './fake-relay.ts';
import { relay } from './relay.ts';

// #region conformance
describePower('relay', async () => {
  const device = await openFakeRelay();
  const specimen = await serveSpecimen(relay({ url: device.url }), device);
  return { ...specimen, isOn: device.isOn };
});
// #endregion

it('is used by a typed client', async () => {
  await using device = await openFakeRelay();
  const { url } = device;
  // #region use
  await using power = await serve(relay({ url }));
  await power.on();
  // #endregion
  expect(device.isOn()).toBe(true);
});

it('names the field that is wrong', () => {
  expect(() => relay({ url: 'the one in the corner' })).toThrowErrorMatchingInlineSnapshot(`
    [ConfigError: relay: the configuration is wrong
      url: got "the one in the corner"; invalid URL]
  `);
});

it('is typed: what its interface lacks does not compile, nor does what its configuration lacks', () => {
  // @ts-expect-error: no url
  expect(() => relay({})).toThrow('url: missing');
});
