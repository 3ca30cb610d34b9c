import type { MachineDriver } from '../bare-machine.ts';
import { type DriverOrigin, parseConfig } from '../driver/index.ts';
import { DRIVER_TYPES } from '../driver-types.ts';
import { Machine } from '../interfaces/index.ts';

/** Makes the driver that has that origin. @throws ConfigError; TypeError when there is no such machine */
export async function driverOf({ type, config }: DriverOrigin): Promise<MachineDriver> {
  const known = DRIVER_TYPES.find(({ name }) => name === type);
  if (!known) throw new TypeError(`${type} is no driver that comes with jumplead`);
  const { own } = await known.load();
  const driver = own.create(parseConfig(own.config, config, type), {});
  if (driver.interface !== Machine) throw new TypeError(`${type} is no machine`);
  return driver as MachineDriver; // SAFE: its interface was compared
}
