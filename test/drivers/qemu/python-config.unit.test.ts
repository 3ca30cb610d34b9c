import { describe, expect, it } from 'vitest';
import { QemuConfig } from '../../../src/drivers/qemu/config.ts';
import {
  PythonQemuConfig,
  pythonNotices,
  translatePythonConfig,
} from '../../../src/drivers/qemu/python-config.ts';

const translate = (config: object) =>
  QemuConfig.parse(translatePythonConfig(PythonQemuConfig.parse({ arch: 'x86_64', ...config })));

describe("the configuration of Python's QEMU driver", () => {
  it("has Python's defaults", () => {
    expect(translate({})).toMatchObject({
      cpus: 2,
      memory: '512M',
      hostname: 'demo',
      username: 'jumpstarter',
      password: 'password',
      firmware: 'bios',
      forwards: {},
    });
  });

  it('has UEFI where there is no BIOS', () => {
    expect(translate({ arch: 'aarch64' }).firmware).toBe('uefi');
  });

  it("has Python's keys", () => {
    const config = {
      smp: 4,
      mem: '1G',
      cpu: 'max',
      disk_size: '20G',
      default_partitions: { root: '/images/root.qcow2', 'OVMF_CODE.fd': '/images/code.fd' },
      hostfwd: { web: { hostport: 8080, guestport: 80 } },
    };
    expect(translate(config)).toMatchObject({
      cpus: 4,
      memory: '1G',
      cpu: 'max',
      diskSize: '20G',
      partitions: { root: '/images/root.qcow2', 'OVMF_CODE.fd': '/images/code.fd' },
      forwards: { web: { hostAddress: '127.0.0.1', hostPort: 8080, guestPort: 80, protocol: 'tcp' } },
    });
  });

  it('tells what is wrong by its own keys', () => {
    const paths = (config: object) =>
      PythonQemuConfig.safeParse({ arch: 'x86_64', ...config }).error?.issues.map(({ path }) =>
        path.join('.'),
      );
    expect(paths({ smp: 1000 })).toEqual(['smp']);
    expect(paths({ mem: '1M' })).toEqual(['mem']);
    expect(paths({ hostfwd: { web: { hostport: 1, guestport: 1, hostaddr: 'x' } } })).toEqual([
      'hostfwd.web.hostaddr',
    ]);
    expect(paths({ launcher_socket: '/run/launcher' })).toEqual(['launcher_socket']);
  });

  it('says its defaults aloud, the password only where it is the one that everybody knows', () => {
    const notices = (config: object) => pythonNotices(PythonQemuConfig.parse({ arch: 'x86_64', ...config }));
    expect(notices({})).toMatchInlineSnapshot(`
      [
        "as Jumpstarter's QEMU driver: 512M of memory, 2 CPUs, SeaBIOS unless OVMF files are given",
        "the user jumpstarter has the password that everybody knows; set password, or use type: qemu",
      ]
    `);
    expect(notices({ password: 'a secret', fls_version: '0.3' })).toMatchInlineSnapshot(`
      [
        "as Jumpstarter's QEMU driver: 512M of memory, 2 CPUs, SeaBIOS unless OVMF files are given",
        "without effect: fls_version (images are not flashed by fls here)",
      ]
    `);
  });
});
