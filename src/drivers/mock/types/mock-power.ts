import { z } from 'zod';
import { type DriverType, driverForm } from '../../../driver/index.ts';
import { mockPower } from '../mock-power.ts';

const form = driverForm({ config: z.strictObject({}), create: () => mockPower() });

/** `mock-power` in exporter files. */
export const mockPowerType: DriverType = {
  name: 'mock-power',
  own: form,
  python: {
    'jumpstarter_driver_power.driver.MockPower': form,
    // In Python it differs in how it is written.
    'jumpstarter_driver_power.driver.SyncMockPower': form,
  },
};
