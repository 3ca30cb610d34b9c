import { z } from 'zod';
import { type DriverType, driverForm } from '../../../driver/index.ts';
import { OpendalConfig, opendal } from '../storage/opendal.ts';

const { scheme, options, removeCreatedOnClose } = OpendalConfig.shape;

/** `opendal` in exporter files. */
export const opendalType: DriverType = {
  name: 'opendal',
  own: driverForm({ config: OpendalConfig, create: (config) => opendal(config) }),
  python: {
    'jumpstarter_driver_opendal.driver.Opendal': driverForm({
      config: z.strictObject({
        scheme,
        kwargs: options.unwrap(),
        remove_created_on_close: removeCreatedOnClose,
      }),
      create: (config) =>
        opendal({
          scheme: config.scheme,
          options: config.kwargs,
          removeCreatedOnClose: config.remove_created_on_close,
        }),
    }),
  },
};
