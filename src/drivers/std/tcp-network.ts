import { z } from 'zod';
import { defineDriver } from '../../driver/index.ts';
import { TcpNetwork } from '../../interfaces/index.ts';
import { connectSocket } from './connect-socket.ts';
import { networkAddress, networkUrl, refuseAddress } from './network-address.ts';

/** The configuration of `tcpNetwork`. */
export const TcpConfig = z.strictObject({
  host: z.string().min(1),
  port: z.int().min(1).max(65_535),
  /** Whether `address` may be asked. */
  enableAddress: z.boolean().default(true),
});

/** A TCP port that the exporter's host can reach: one connection per stream, half-close in both directions. */
export const tcpNetwork = defineDriver({
  name: 'tcp-network',
  interface: TcpNetwork,
  config: TcpConfig,
  open: ({ host, port, enableAddress }) => ({
    connect: (_, { signal }) => connectSocket({ host, port }, networkUrl('tcp', host, port), signal),
    address: async () => (enableAddress ? networkAddress('tcp', host, port) : refuseAddress()),
  }),
});
