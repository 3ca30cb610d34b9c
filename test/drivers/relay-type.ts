// #region type
import { type DriverType, driverForm } from 'jumplead/driver';
import { z } from 'zod';
import { relay } from './relay.ts';

/** The relay in exporter files. */
export const driverType: DriverType = {
  name: 'relay',
  own: driverForm({ config: z.strictObject({ url: z.url() }), create: (config) => relay(config) }),
  python: {
    'lab.driver.Relay': driverForm({
      config: z.strictObject({ host: z.string(), port: z.int().default(80) }),
      create: ({ host, port }) => relay({ url: `http://${host}:${port}` }),
    }),
  },
};
// #endregion
