import { type DriverType, driverForm } from '../../../driver/index.ts';
import { DbusConfig, dbusNetwork } from '../dbus-network.ts';

const form = driverForm({ config: DbusConfig, create: (config) => dbusNetwork(config) });

/** `dbus-network` in exporter files. */
export const dbusNetworkType: DriverType = {
  name: 'dbus-network',
  own: form,
  python: { 'jumpstarter_driver_network.driver.DbusNetwork': form },
};
