import { type DriverType, driverForm } from '../../../driver/index.ts';
import { UnixConfig, unixNetwork } from '../unix-network.ts';

const form = driverForm({ config: UnixConfig, create: (config) => unixNetwork(config) });

/** `unix-network` in exporter files. */
export const unixNetworkType: DriverType = {
  name: 'unix-network',
  own: form,
  python: { 'jumpstarter_driver_network.driver.UnixNetwork': form },
};
