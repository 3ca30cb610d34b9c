import { describe, expect, it } from 'vitest';
import type { DriverType } from '../../src/driver/index.ts';
import { dbusNetworkType, udpNetworkType, websocketNetworkType } from '../../src/drivers/network/index.ts';
import { serialPortType } from '../../src/drivers/serial/index.ts';
import { callContext, openDriver } from './open-driver.ts';

/** The form of a type under its Python class. */
function pythonForm({ python }: DriverType) {
  const [form] = Object.values(python);
  if (!form) throw new Error('this type has no Python class');
  return form;
}

describe('a serial port under its Python class', () => {
  const { config, create } = pythonForm(serialPortType);

  it("has Python's keys and defaults", () => {
    expect(config.parse({ url: '/dev/ttyUSB0' })).toEqual({
      url: '/dev/ttyUSB0',
      baudrate: 115_200,
      check_present: true,
      disable_hupcl: false,
    });
  });

  it.each([null, 0, 10])('takes cps %s', async (cps) => {
    await using node = await openDriver(create(config.parse({ url: 'loop://', cps }), {}));
    expect(node.interface.id).toBe('serial.v1');
  });

  it.each([{}, { url: 'loop://', cps: -1 }, { url: 'loop://', checkPresent: false }, { url: 'hwgrep://x' }])(
    'refuses %j',
    (given) => expect(config.safeParse(given).success).toBe(false),
  );
});

it.each([
  { type: udpNetworkType, given: { host: '127.0.0.1', port: 69 }, address: 'udp://127.0.0.1:69' },
  { type: websocketNetworkType, given: { url: 'ws://127.0.0.1:8080/x' }, address: 'ws://127.0.0.1:8080/x' },
])('$type.name tells its address unless enable_address is false', async ({ type, given, address }) => {
  const { config, create } = pythonForm(type);
  const ask = async (written: object) => {
    await using node = await openDriver(create(config.parse(written), {}));
    return await (node.handlers['address'] as (context: unknown) => Promise<string>)(callContext()); // SAFE: the interface has it
  };
  expect(await ask(given)).toBe(address);
  await expect(ask({ ...given, enable_address: false })).rejects.toMatchObject({ code: 'config' });
});

it('dbus-network wants to know which bus', () => {
  const { config } = pythonForm(dbusNetworkType);
  expect(config.safeParse({ kind: 'user' }).success).toBe(false);
  expect(config.parse({ kind: 'session' })).toEqual({ kind: 'session' });
});
