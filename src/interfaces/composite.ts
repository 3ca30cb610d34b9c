import { defineInterface } from './contract.ts';

/** A node that only holds others. */
export const Composite = defineInterface(
  'composite.v1',
  { pythonClient: 'jumpstarter_driver_composite.client.CompositeClient', category: 'composite' },
  {},
);
