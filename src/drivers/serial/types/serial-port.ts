import { z } from 'zod';
import { type DriverType, driverForm } from '../../../driver/index.ts';
import { SerialConfig, serialPort } from '../serial-port.ts';

const { url, baudrate, checkPresent, cps, disableHupcl } = SerialConfig.shape;

/** `serial-port` in exporter files. */
export const serialPortType: DriverType = {
  name: 'serial-port',
  own: driverForm({ config: SerialConfig, create: (config) => serialPort(config) }),
  python: {
    'jumpstarter_driver_pyserial.driver.PySerial': driverForm({
      config: z.strictObject({
        url,
        baudrate,
        check_present: checkPresent,
        // To Python, 0 is no limit either.
        cps: z.union([cps.unwrap(), z.literal(0)]).nullish(),
        disable_hupcl: disableHupcl,
      }),
      create: (config) =>
        serialPort({
          url: config.url,
          baudrate: config.baudrate,
          checkPresent: config.check_present,
          cps: config.cps || undefined,
          disableHupcl: config.disable_hupcl,
        }),
    }),
  },
};
