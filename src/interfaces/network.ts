import { z } from 'zod';
import { call, channel, defineInterface, messages } from './contract.ts';

const about = {
  pythonClient: 'jumpstarter_driver_network.client.NetworkClient',
  category: 'network',
} as const;

/** One connection of the device's network per stream; half-close goes through in both directions. */
export const Network = defineInterface('network.v1', about, {
  connect: channel('Open a connection'),
});

const address = (form: string) =>
  call(`The address behind the stream: ${form}`, { returns: z.string(), idempotent: true });

/** A network endpoint whose address may be told, for those who can reach it directly. */
export const TcpNetwork = defineInterface('tcp-network.v1', about, {
  ...Network.methods,
  address: address('tcp://HOST:PORT'),
});

/**
 * Messages to one peer, such as datagrams: each chunk of a stream is one. There is no half-close: to end one's direction is to
 * close the connection, after which the stream ends.
 */
export const MessageNetwork = defineInterface('message-network.v1', about, {
  connect: messages('Open a connection'),
  address: address('udp://HOST:PORT, ws://HOST/PATH'),
});
