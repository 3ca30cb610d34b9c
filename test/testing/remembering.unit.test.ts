import { fakeMachine } from 'jumplead/fake';
import { type QemuConfigInput, qemu } from 'jumplead/qemu';
import { expect, test } from 'vitest';
import { rememberingDriver } from '../../src/testing/ready-machine.ts';

type Options = Parameters<typeof rememberingDriver>[1];
const ready = async () => undefined;
const remembers = async (config: QemuConfigInput, options: Options) =>
  (await rememberingDriver(qemu(config), options)).origin;
const likeThat = (config: QemuConfigInput) => qemu(config).origin;

test('a boot up to the login prompt is remembered, unless the configuration or the test says otherwise', async () => {
  const boot = { remember: true };
  const not = { remember: false };
  expect(await remembers({ cpus: 4 }, { ready: 'login' })).toEqual(likeThat({ cpus: 4, boot }));
  expect(await remembers({}, { ready })).toEqual(likeThat({}));
  expect(await remembers({}, { ready, remember: true })).toEqual(likeThat({ boot }));
  expect(await remembers({}, { ready: 'login', remember: false })).toEqual(likeThat({ boot: not }));
  expect(await remembers({ boot: not }, { ready: 'login' })).toEqual(likeThat({ boot: not }));
  const own = { console: 'ok' };
  expect(await remembers({ boot: { remember: false, ready: own } }, { ready, remember: true })).toEqual(
    likeThat({ boot: { remember: true, ready: own } }),
  );
});

test('nothing else of a machine is changed', async () => {
  const config = { cpus: 4, display: 'none', forwards: { web: { guestPort: 80 } } } as const;
  const driver = await rememberingDriver(qemu(config), { ready: 'login' });
  expect(driver.children).toEqual(qemu(config).children);
});

test('what cannot remember is left as it is', async () => {
  const fake = fakeMachine();
  expect(await rememberingDriver(fake, { ready: 'login', remember: true })).toBe(fake);
});
