import { z } from 'zod';
import { load } from './answer.mjs';

/** @type {typeof import('jumplead/driver')} */
const { defineDriver, group } = await load('driver/index.js');
/** @type {typeof import('jumplead/interfaces')} */
const { arg, defineInterface, stream } = await load('interfaces/index.js');
/** @type {typeof import('jumplead/drivers')} */
const { echoNetwork } = await load('drivers/std/index.js');
/** @type {typeof import('jumplead/fake')} */
const { fakePower } = await load('drivers/fake/index.js');

/** Counts: for the rate of a streaming call. */
export const Counter = defineInterface(
  'bench-counter.v1',
  { pythonClient: 'jumpstarter_driver_composite.client.CompositeClient', category: 'other' },
  { count: stream('Count from nought', { args: [arg('to', z.number())], returns: z.number() }) },
);

const counter = defineDriver({
  name: 'bench-counter',
  interface: Counter,
  config: z.undefined(),
  open: () => ({
    async *count(to) {
      for (let number = 0; number < to; number++) yield number;
    },
  }),
});

/** What calls, streaming calls and byte streams are measured on. */
export const tree = () => group({ power: fakePower(), counter: counter(), echo: echoNetwork() });
