import { z } from 'zod';
import { defineDriver } from '../../driver/index.ts';
import { MeteredPower } from '../../interfaces/index.ts';

/** A power switch that switches nothing: it logs what it is told, and measures 0 V, 0 A and then 5 V, 2 A. */
export const mockPower = defineDriver({
  name: 'mock-power',
  interface: MeteredPower,
  config: z.strictObject({}).optional(),
  open: () => ({
    on: async ({ log }) => {
      log.info('power on');
      return null;
    },
    off: async ({ log }) => {
      log.info('power off');
      return null;
    },
    async *read({ signal }) {
      yield { voltage: 0, current: 0 };
      signal.throwIfAborted();
      yield { voltage: 5, current: 2 };
    },
  }),
});
