import { z } from 'zod';
import { defineDriver } from '../../driver/index.ts';
import { MessageNetwork } from '../../interfaces/index.ts';
import { refuseAddress } from '../std/index.ts';
import { connectWebSocket } from './connect-websocket.ts';

/** The configuration of `websocketNetwork`. */
export const WebsocketConfig = z.strictObject({
  url: z.url({ protocol: /^wss?$/, error: 'expected ws://HOST... or wss://HOST...' }),
  /** Whether `address` may be asked. */
  enableAddress: z.boolean().default(true),
});

/**
 * A WebSocket server that the exporter's host can reach: one connection per stream. Each chunk is a message; what is sent
 * is binary, what comes may be text as well.
 */
export const websocketNetwork = defineDriver({
  name: 'websocket-network',
  interface: MessageNetwork,
  config: WebsocketConfig,
  open: ({ url, enableAddress }) => ({
    connect: (_, { signal }) => connectWebSocket(url, signal),
    address: async () => (enableAddress ? withoutLogin(url) : refuseAddress()),
  }),
});

function withoutLogin(address: string): string {
  const url = new URL(address);
  if (!url.username && !url.password) return address;
  url.username = '';
  url.password = '';
  return url.href;
}
