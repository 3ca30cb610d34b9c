import { z } from 'zod';
import { type Driver, type DriverType, driverForm } from '../../../driver/index.ts';
import { MockStorageMuxConfig, mockStorageMux, mockStorageMuxFlasher } from '../mock-storage-mux.ts';

/** Under Python's name the mock is as lenient as Python's. */
const typeOf = (
  name: string,
  python: string,
  create: (config: z.output<typeof MockStorageMuxConfig>) => Driver,
): DriverType => ({
  name,
  own: driverForm({ config: MockStorageMuxConfig, create }),
  python: { [python]: driverForm({ config: z.strictObject({}), create: () => create({ anySide: true }) }) },
});

/** `mock-storage-mux` in exporter files. */
export const mockStorageMuxType: DriverType = typeOf(
  'mock-storage-mux',
  'jumpstarter_driver_opendal.driver.MockStorageMux',
  (config) => mockStorageMux(config),
);

/** `mock-storage-mux-flasher` in exporter files. */
export const mockStorageMuxFlasherType: DriverType = typeOf(
  'mock-storage-mux-flasher',
  'jumpstarter_driver_opendal.driver.MockStorageMuxFlasher',
  (config) => mockStorageMuxFlasher(config),
);
