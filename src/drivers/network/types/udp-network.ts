import { z } from 'zod';
import { type DriverType, driverForm } from '../../../driver/index.ts';
import { UdpConfig, udpNetwork } from '../udp-network.ts';

/** `udp-network` in exporter files. */
export const udpNetworkType: DriverType = {
  name: 'udp-network',
  own: driverForm({ config: UdpConfig, create: (config) => udpNetwork(config) }),
  python: {
    'jumpstarter_driver_network.driver.UdpNetwork': driverForm({
      config: z.strictObject({
        host: UdpConfig.shape.host,
        port: UdpConfig.shape.port,
        enable_address: UdpConfig.shape.enableAddress,
      }),
      create: ({ host, port, enable_address: enableAddress }) => udpNetwork({ host, port, enableAddress }),
    }),
  },
};
