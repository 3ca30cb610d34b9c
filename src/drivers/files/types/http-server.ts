import { z } from 'zod';
import { type DriverType, driverForm } from '../../../driver/index.ts';
import { HttpServerConfig, httpServer } from '../http-server.ts';

const { port, removeCreatedOnClose } = HttpServerConfig.shape;

const PythonConfig = z.strictObject({
  root_dir: z.string().min(1).default('/var/www'),
  host: z.string().min(1).nullish(),
  port: port.unwrap().default(8080),
  timeout: z.number().positive().default(600),
  remove_created_on_close: removeCreatedOnClose,
});

/** `http-server` in exporter files. */
export const httpServerType: DriverType = {
  name: 'http-server',
  own: driverForm({ config: HttpServerConfig, create: (config) => httpServer(config) }),
  python: {
    'jumpstarter_driver_http.driver.HttpServer': driverForm({
      config: PythonConfig,
      create: (config) =>
        httpServer({
          root: config.root_dir,
          host: config.host ?? 'auto',
          port: config.port,
          timeout: `${config.timeout}s`,
          removeCreatedOnClose: config.remove_created_on_close,
        }),
      notices: ({ host, root_dir: root }) =>
        host ? [] : [`as Jumpstarter's HTTP server: once started, ${root} can be read by the whole network`],
    }),
  },
};
