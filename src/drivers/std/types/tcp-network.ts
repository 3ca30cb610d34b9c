import { z } from 'zod';
import { type DriverType, driverForm } from '../../../driver/index.ts';
import { TcpConfig, tcpNetwork } from '../tcp-network.ts';

/** `tcp-network` in exporter files. */
export const tcpNetworkType: DriverType = {
  name: 'tcp-network',
  own: driverForm({ config: TcpConfig, create: (config) => tcpNetwork(config) }),
  python: {
    'jumpstarter_driver_network.driver.TcpNetwork': driverForm({
      config: z.strictObject({
        host: TcpConfig.shape.host,
        port: TcpConfig.shape.port,
        enable_address: TcpConfig.shape.enableAddress,
      }),
      create: ({ host, port, enable_address: enableAddress }) => tcpNetwork({ host, port, enableAddress }),
    }),
  },
};
