import { z } from 'zod';
import { type DriverType, driverForm } from '../../../driver/index.ts';
import { HttpPowerConfig, httpPower } from '../http-power.ts';

const Endpoint = z.strictObject({
  url: z.url({ protocol: /^https?$/ }),
  method: z
    .string()
    .toUpperCase()
    .pipe(z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE']))
    .default('GET'),
  data: z.string().nullish(),
  voltage_path: z.string().nullish(),
  current_path: z.string().nullish(),
});
type Endpoint = z.output<typeof Endpoint>;

const PythonConfig = z.strictObject({
  name: z.string().default('device'),
  power_on: Endpoint,
  power_off: Endpoint,
  power_read: Endpoint.nullish(),
  auth: z
    .strictObject({
      basic: z.strictObject({ user: z.string().default(''), password: z.string().default('') }).nullish(),
    })
    .nullish(),
});

const hasBody = ({ method }: Endpoint) => ['POST', 'PUT', 'PATCH'].includes(method);

/** Python sends `data` only where there can be some. */
const translate = (endpoint: Endpoint) => ({
  url: endpoint.url,
  method: endpoint.method,
  ...(endpoint.data != null && hasBody(endpoint) && { body: endpoint.data }),
});

/** `http-power` in exporter files. */
export const httpPowerType: DriverType = {
  name: 'http-power',
  own: driverForm({ config: HttpPowerConfig, create: (config) => httpPower(config) }),
  python: {
    'jumpstarter_driver_http_power.driver.HttpPower': driverForm({
      config: PythonConfig,
      create: ({ name, power_on: on, power_off: off, power_read: read, auth }) =>
        httpPower({
          name,
          on: translate(on),
          off: translate(off),
          ...(read && { read: translate(read) }),
          ...(read?.voltage_path && { voltagePath: read.voltage_path }),
          ...(read?.current_path && { currentPath: read.current_path }),
          ...(auth?.basic && { auth: auth.basic }),
        }),
      notices: ({ power_on: on, power_off: off }) =>
        Object.entries({ power_on: on, power_off: off })
          .filter(([, endpoint]) => endpoint.data != null && !hasBody(endpoint))
          .map(([key, { method }]) => `without effect: ${key}.data (${method} has no body)`),
    }),
  },
};
