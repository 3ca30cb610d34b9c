import { z } from 'zod';
import { type DriverType, driverForm } from '../../../driver/index.ts';
import { WebsocketConfig, websocketNetwork } from '../websocket-network.ts';

/** `websocket-network` in exporter files. */
export const websocketNetworkType: DriverType = {
  name: 'websocket-network',
  own: driverForm({ config: WebsocketConfig, create: (config) => websocketNetwork(config) }),
  python: {
    'jumpstarter_driver_network.driver.WebsocketNetwork': driverForm({
      config: z.strictObject({
        url: WebsocketConfig.shape.url,
        enable_address: WebsocketConfig.shape.enableAddress,
      }),
      create: ({ url, enable_address: enableAddress }) => websocketNetwork({ url, enableAddress }),
    }),
  },
};
