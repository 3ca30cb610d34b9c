import { type DriverType, driverForm } from '../../driver/index.ts';
import { QemuConfig } from './config.ts';
import { qemu } from './driver.ts';
import { PythonQemuConfig, pythonNotices, translatePythonConfig } from './python-config.ts';

/** `qemu` in exporter files. */
export const qemuType: DriverType = {
  name: 'qemu',
  own: driverForm({ config: QemuConfig, create: (config) => qemu(config) }),
  python: {
    'jumpstarter_driver_qemu.driver.Qemu': driverForm({
      config: PythonQemuConfig,
      create: (config) => qemu(translatePythonConfig(config)),
      notices: pythonNotices,
    }),
  },
};
