import { type DriverType, driverForm } from '../../../driver/index.ts';
import { VsockConfig, vsockNetwork } from '../vsock-network.ts';

const form = driverForm({ config: VsockConfig, create: (config) => vsockNetwork(config) });

/** `vsock-network` in exporter files. */
export const vsockNetworkType: DriverType = {
  name: 'vsock-network',
  own: form,
  python: { 'jumpstarter_driver_network.driver.VsockNetwork': form },
};
