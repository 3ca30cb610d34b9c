import { z } from 'zod';
import { type DriverType, driverForm } from '../../../driver/index.ts';
import { echoNetwork } from '../echo-network.ts';

const form = driverForm({ config: z.strictObject({}), create: () => echoNetwork() });

/** `echo-network` in exporter files. */
export const echoNetworkType: DriverType = {
  name: 'echo-network',
  own: form,
  python: { 'jumpstarter_driver_network.driver.EchoNetwork': form },
};
