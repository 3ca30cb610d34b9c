import { z } from 'zod';
import { call, channel, defineInterface } from './contract.ts';

/** The screen of a machine: RFB (VNC) as a byte stream, and pictures. Announced as the node `vnc`. */
export const Display = defineInterface(
  'display.v1',
  { pythonClient: 'jumpstarter_driver_network.client.NetworkClient', category: 'network' },
  {
    connect: channel('The screen by the RFB protocol (RFC 6143), without a password'),
    screenshot: channel('What is on the screen, as the bytes of a PNG file'),
  },
);

/** Jumpstarter's VNC node: the stream is that of its child `tcp`. */
export const Vnc = defineInterface(
  'vnc.v1',
  { pythonClient: 'jumpstarter_driver_vnc.client.VNClient', category: 'composite' },
  {
    getDefaultEncrypt: call('Whether viewers should use an encrypted page', {
      returns: z.boolean(),
      idempotent: true,
    }),
  },
);
