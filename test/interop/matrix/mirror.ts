import { z } from 'zod';
import { defineDriver } from '../../../src/driver/index.ts';
import { arg, call, defineInterface, stream } from '../../../src/interfaces/index.ts';

const Mirror = defineInterface(
  'mirror.v1',
  { pythonClient: 'jumpstarter_driver_composite.client.CompositeClient', category: 'other' },
  {
    reflect: call('Answer with the argument', { args: [arg('value', z.json())], returns: z.json() }),
    count: stream('Count from 0', { args: [arg('to', z.number())], returns: z.number() }),
  },
);

/** A driver of nobody's but this test's, as somebody else might write one. */
export const mirror = defineDriver({
  name: 'mirror',
  interface: Mirror,
  config: z.undefined(),
  open: () => ({
    reflect: async (value) => value,
    count: async function* (to) {
      for (let number = 0; number < to; number++) yield number;
    },
  }),
});
