import { z } from 'zod';
import { type DriverType, driverForm } from '../../../driver/index.ts';
import { TftpServerConfig, tftpServer } from '../tftp-server.ts';

const { port, removeCreatedOnClose } = TftpServerConfig.shape;

const PythonConfig = z.strictObject({
  root_dir: z.string().min(1).default('/var/lib/tftpboot'),
  /** `''` is Python's word for the address of this host. */
  host: z.string().default(''),
  port,
  remove_created_on_close: removeCreatedOnClose,
});

/** `tftp-server` in exporter files. */
export const tftpServerType: DriverType = {
  name: 'tftp-server',
  own: driverForm({ config: TftpServerConfig, create: (config) => tftpServer(config) }),
  python: {
    'jumpstarter_driver_tftp.driver.Tftp': driverForm({
      config: PythonConfig,
      create: (config) =>
        tftpServer({
          root: config.root_dir,
          host: config.host || 'auto',
          port: config.port,
          removeCreatedOnClose: config.remove_created_on_close,
        }),
      notices: ({ host, root_dir: root }) =>
        host ? [] : [`as Jumpstarter's TFTP server: once started, ${root} can be read by the whole network`],
    }),
  },
};
