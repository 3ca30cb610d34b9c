import { lookup } from 'node:dns/promises';
import { isIPv6 } from 'node:net';
import { z } from 'zod';
import { ConfigError } from '../../core/index.ts';
import { defineDriver } from '../../driver/index.ts';
import { TcpNetwork } from '../../interfaces/index.ts';
import { connectSocket } from './connect-socket.ts';

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
    connect: (_, { signal }) => connectSocket({ host, port }, tcpUrl(host, port), signal),
    address: async () => {
      if (enableAddress) return tcpUrl(await resolve(host), port);
      const message = 'enable_address mode is not true in the exporter configuration';
      throw new ConfigError(message, { issues: [{ path: 'enableAddress', message: 'got false' }] });
    },
  }),
});

/** The first address of `host`, or `host` itself where it has none here: the client may know it. */
async function resolve(host: string): Promise<string> {
  return lookup(host).then(
    ({ address }) => address,
    () => host,
  );
}

/** `tcp://HOST:PORT`, with the brackets of IPv6. */
export function tcpUrl(host: string, port: number): string {
  return `tcp://${isIPv6(host) ? `[${host}]` : host}:${port}`;
}
