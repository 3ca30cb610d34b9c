import { z } from 'zod';
import { defineDriver } from '../../driver/index.ts';
import { Network } from '../../interfaces/index.ts';
import { connectSocket } from './connect-socket.ts';

/** The configuration of `unixNetwork`. */
export const UnixConfig = z.strictObject({ path: z.string().min(1) });

/** A Unix socket on the exporter's host: one connection per stream, half-close in both directions. */
export const unixNetwork = defineDriver({
  name: 'unix-network',
  interface: Network,
  config: UnixConfig,
  open: ({ path }) => ({
    connect: (_, { signal }) => connectSocket({ path }, `unix:${path}`, signal),
  }),
});
