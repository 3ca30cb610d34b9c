import { z } from 'zod';
import { type DriverType, driverForm, group } from '../../../driver/index.ts';

const form = driverForm({
  config: z.strictObject({}),
  children: { others: true },
  create: (_, children) => group(children),
});

/** `group` in exporter files: a node that only holds others. */
export const groupType: DriverType = {
  name: 'group',
  own: form,
  python: { 'jumpstarter_driver_composite.driver.Composite': form },
};
