import { z } from 'zod';
import { call, channel, defineInterface } from './contract.ts';

const about = {
  pythonClient: 'jumpstarter_driver_network.client.NetworkClient',
  category: 'network',
} as const;

/** One connection of the device's network per stream; half-close goes through in both directions. */
export const Network = defineInterface('network.v1', about, {
  connect: channel('Open a connection'),
});

/** A network endpoint whose address may be told, for those who can reach it directly. */
export const TcpNetwork = defineInterface('tcp-network.v1', about, {
  ...Network.methods,
  address: call('The address behind the stream: tcp://HOST:PORT', { returns: z.string(), idempotent: true }),
});
