import { z } from 'zod';
import { type DriverType, driverForm } from '../../../driver/index.ts';
import { mockFlasher } from '../mock-flasher.ts';

const form = driverForm({ config: z.strictObject({}), create: () => mockFlasher() });

/** `mock-flasher` in exporter files. */
export const mockFlasherType: DriverType = {
  name: 'mock-flasher',
  own: form,
  python: { 'jumpstarter_driver_opendal.driver.MockFlasher': form },
};
