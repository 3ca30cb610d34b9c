import { z } from 'zod';
import { type DriverType, driverForm } from '../../../driver/index.ts';
import { VncConfig, vnc } from '../vnc.ts';
import { networkChild } from './network-child.ts';

const children = { required: ['tcp'] };

/** `vnc` in exporter files. */
export const vncType: DriverType = {
  name: 'vnc',
  own: driverForm({
    config: VncConfig,
    children,
    create: (config, given) => vnc({ ...config, tcp: networkChild(given, 'tcp') }),
  }),
  python: {
    'jumpstarter_driver_vnc.driver.Vnc': driverForm({
      config: z.strictObject({ default_encrypt: VncConfig.shape.defaultEncrypt }),
      children,
      create: ({ default_encrypt: defaultEncrypt }, given) =>
        vnc({ defaultEncrypt, tcp: networkChild(given, 'tcp') }),
    }),
  },
};
