import { z } from 'zod';
import { defineDriver } from '../../driver/index.ts';
import { MessageNetwork } from '../../interfaces/index.ts';
import { networkAddress, refuseAddress } from '../std/index.ts';
import { connectUdp } from './connect-udp.ts';

/** The configuration of `udpNetwork`. */
export const UdpConfig = z.strictObject({
  host: z.string().min(1),
  port: z.int().min(1).max(65_535),
  /** Whether `address` may be asked. */
  enableAddress: z.boolean().default(true),
});

/** A UDP port that the exporter's host can reach: each chunk is a datagram, each stream sends from a port of its own. */
export const udpNetwork = defineDriver({
  name: 'udp-network',
  interface: MessageNetwork,
  config: UdpConfig,
  open: ({ host, port, enableAddress }) => ({
    connect: (_, { signal }) => connectUdp(host, port, signal),
    address: async () => (enableAddress ? networkAddress('udp', host, port) : refuseAddress()),
  }),
});
