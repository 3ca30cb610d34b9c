import { z } from 'zod';
import { call, defineInterface } from './contract.ts';

const methods = {
  start: call('Start to serve; does nothing when it serves already', { returns: z.null(), idempotent: true }),
  stop: call('Stop serving, and end what is under way', { returns: z.null(), idempotent: true }),
  getHost: call('The address that the server listens on', { returns: z.string(), idempotent: true }),
  getPort: call('The port that the server listens on, or is going to; 0: any that is free', {
    returns: z.int(),
    idempotent: true,
  }),
};

/** Serves the files of its child `storage` by HTTP. */
export const HttpServer = defineInterface(
  'http-server.v1',
  { pythonClient: 'jumpstarter_driver_http.client.HttpServerClient', category: 'network' },
  {
    ...methods,
    getUrl: call('The address that devices fetch from', { returns: z.string(), idempotent: true }),
  },
);

/** Serves the files of its child `storage` by TFTP, to be read only. */
export const TftpServer = defineInterface(
  'tftp-server.v1',
  { pythonClient: 'jumpstarter_driver_tftp.client.TftpServerClient', category: 'storage' },
  methods,
);
