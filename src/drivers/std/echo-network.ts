import { z } from 'zod';
import { defineDriver } from '../../driver/index.ts';
import { Network } from '../../interfaces/index.ts';
import { loopbackChannel } from './byte-pipe.ts';

/** Sends back what it gets, on each stream for itself: for trying out a connection. */
export const echoNetwork = defineDriver({
  name: 'echo-network',
  interface: Network,
  config: z.strictObject({}).optional(),
  open: () => ({ connect: async () => loopbackChannel() }),
});
