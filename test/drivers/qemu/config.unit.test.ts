import { describe, expect, test } from 'vitest';
import { ConfigError } from '../../../src/core/index.ts';
import { parseConfig } from '../../../src/driver/index.ts';
import { hostArch } from '../../../src/drivers/qemu/architectures.ts';
import { effectiveForwards, QemuConfig } from '../../../src/drivers/qemu/config.ts';

const mistakes = (input: unknown): string => {
  try {
    parseConfig(QemuConfig, input, 'qemu');
    return 'none';
  } catch (error) {
    if (error instanceof ConfigError) return error.message;
    throw error;
  }
};

const on = (input: object) => mistakes({ arch: 'x86_64', ...input });

test('an empty configuration is a whole machine', () => {
  expect(QemuConfig.parse({ arch: 'x86_64' })).toMatchInlineSnapshot(`
    {
      "accelerator": "auto",
      "arch": "x86_64",
      "authorizedKeys": [],
      "bootLimit": "20GiB",
      "consoleLimit": "256MiB",
      "cpus": 2,
      "disks": [],
      "extraArgs": [],
      "forwards": {},
      "hostname": "dut",
      "memory": "1GiB",
      "network": "user",
      "partitions": {},
      "tbSize": "512MiB",
      "tolerate": [],
      "username": "jumplead",
    }
  `);
});

test("the architecture is the host's by default", () => {
  expect(QemuConfig.parse({}).arch).toBe(hostArch() ?? 'x86_64');
});

describe('every field', () => {
  const fields = Object.entries(QemuConfig.shape);

  test.for(fields)('%s is described', ([, schema]) => {
    expect(schema.meta()?.description).toMatch(/^\S.{10,}/);
  });

  test.for(fields)('%s makes a booted machine what it is, or belongs to one running of it', ([, schema]) => {
    expect(schema.meta()?.['boot']).toBeOneOf(['key', 'instance']);
  });

  test('only what the guest cannot see belongs to one running', () => {
    const instance = fields.filter(([, schema]) => schema.meta()?.['boot'] === 'instance');
    expect(instance.map(([name]) => name)).toEqual([
      'forwards',
      'tolerate',
      'pool',
      'bootLimit',
      'consoleLimit',
      'tbSize',
    ]);
  });
});

describe('mistakes in one field', () => {
  test('are named with value and what is allowed, all at once', () => {
    expect(
      mistakes({
        arch: 'arm64',
        cpus: 0,
        memory: 'plenty',
        hostname: '-dut',
        username: 'Root',
        authorizedKeys: ['AAAA'],
        network: 'bridge',
        accelerator: 'xen',
        display: 'qxl',
        disks: [{ path: 'a.img' }],
        forwards: {
          web: { guestPort: 70_000, protocol: 'udp', hostAddress: 'localhost' },
          '2nd': { guestPort: 1 },
        },
        firmware: 'ovmf',
        cloudInit: { userData: 7 },
        partitions: { home: '/x' },
        image: '',
      }),
    ).toMatchInlineSnapshot(`
      "qemu: the configuration is wrong
        arch: got "arm64"; allowed: x86_64, aarch64
        cpus: got 0; too small: expected number to be >=1
        memory: got "plenty"; expected bytes as a whole number, or text such as '512MiB' or '20G'
        hostname: got "-dut"; expected letters, digits and hyphens
        username: got "Root"; expected small letters, digits, hyphens and underscores, a letter first
        authorizedKeys.0: got "AAAA"; expected a line as in a .pub file: 'ssh-ed25519 AAAA...'
        cloudInit.userData: got 7; expected the text, or an object that becomes YAML
        network: got "bridge"; allowed: user, isolated, none
        forwards.web.guestPort: got 70000; too big: expected number to be <=65535
        forwards.web.hostAddress: got "localhost"; expected an IPv4 address such as '127.0.0.1'
        forwards.web.protocol: got "udp"; allowed: tcp
        forwards.2nd: not a name that may be here; expected letters, digits, hyphens and underscores, a letter first
        disks.0.format: missing; allowed: raw, qcow2
        firmware: got "ovmf"; expected 'uefi', 'bios' or {code, vars}
        partitions.home: unknown field; known: root, bios, OVMF_CODE.fd, OVMF_VARS.fd
        accelerator: got "xen"; allowed: auto, kvm, hvf, tcg
        display: got "qxl"; allowed: virtio-gpu, vga, bochs, none
        image: got ""; expected the path of a file"
    `);
  });

  test('firmware files come in pairs', () => {
    expect(on({ firmware: { code: '/OVMF_CODE.fd' } })).toMatchInlineSnapshot(`
      "qemu: the configuration is wrong
        firmware.vars: missing; expected text"
    `);
  });

  test('an unknown field gets the right spelling', () => {
    expect(on({ diskSze: '2G', memroy: '1G', forwards: { web: { guestport: 80 } } })).toMatchInlineSnapshot(`
      "qemu: the configuration is wrong
        forwards.web.guestPort: missing; expected a number
        forwards.web.guestport: unknown field; did you mean guestPort?
        diskSze: unknown field; did you mean diskSize?
        memroy: unknown field; did you mean memory?"
    `);
  });
});

describe('mistakes across fields', () => {
  test('a kernel is started without firmware', () => {
    expect(on({ kernel: '/vmlinuz', firmware: 'uefi' })).toMatchInlineSnapshot(`
      "qemu: the configuration is wrong
        firmware: got "uefi"; leave it out: a machine with kernel starts without firmware"
    `);
  });

  test('initrd and append belong to a kernel', () => {
    expect(on({ initrd: '/initrd', append: 'quiet' })).toMatchInlineSnapshot(`
      "qemu: the configuration is wrong
        initrd: got "/initrd"; allowed only together with kernel
        append: got "quiet"; allowed only together with kernel"
    `);
  });

  test('no BIOS on aarch64', () => {
    expect(
      mistakes({ arch: 'aarch64', firmware: 'bios', partitions: { bios: '/b' } }),
    ).toMatchInlineSnapshot(`
      "qemu: the configuration is wrong
        firmware: got "bios"; there is no BIOS on aarch64; allowed: uefi, or {code, vars}
        partitions.bios: got "/b"; there is no BIOS on aarch64; allowed: uefi, or {code, vars}"
    `);
  });

  test('a machine type of another kind or architecture', () => {
    expect(on({ machine: 'virt' })).toMatchInlineSnapshot(`
      "qemu: the configuration is wrong
        machine: got "virt"; allowed with arch x86_64: q35, pc-q35-VERSION"
    `);
    expect(mistakes({ arch: 'aarch64', machine: 'raspi3b' })).toMatchInlineSnapshot(`
      "qemu: the configuration is wrong
        machine: got "raspi3b"; allowed with arch aarch64: virt, virt-VERSION"
    `);
    expect(on({ machine: 'pc-q35-7.2' })).toBe('none');
    expect(mistakes({ arch: 'aarch64', machine: 'virt-7.2' })).toBe('none');
  });

  test('memory in whole MiB, and enough of it', () => {
    expect(on({ consoleLimit: '1023k' })).toMatchInlineSnapshot(`
      "qemu: the configuration is wrong
        consoleLimit: got "1023k"; expected 1MiB or more"
    `);
    expect(on({ memory: 2 ** 30 + 1, tbSize: '10k' })).toMatchInlineSnapshot(`
      "qemu: the configuration is wrong
        memory: got 1073741825; expected whole MiB, 32MiB or more
        tbSize: got "10k"; expected whole MiB, 1MiB or more"
    `);
    expect(on({ memory: '8MiB' })).toContain('memory: got "8MiB"; expected whole MiB, 32MiB or more');
  });

  test('no forwards without a network', () => {
    expect(on({ network: 'none', forwards: { web: { guestPort: 80 } } })).toMatchInlineSnapshot(`
      "qemu: the configuration is wrong
        forwards: got {"web":{"guestPort":80}}; network 'none' has none; allowed with: user, isolated"
    `);
    expect(on({ network: 'isolated', forwards: { web: { guestPort: 80 } } })).toBe('none');
  });

  test('a forward may not take the name of a child, but for ssh', () => {
    expect(on({ forwards: { console: { guestPort: 80 } } })).toMatchInlineSnapshot(`
      "qemu: the configuration is wrong
        forwards.console: got {"guestPort":80}; every machine has a child of that name; not allowed: power, flasher, console, vnc, display"
    `);
    expect(on({ forwards: { ssh: { guestPort: 2222 } } })).toBe('none');
  });

  test('one host port for two forwards', () => {
    const web = { guestPort: 80, hostPort: 8080 };
    expect(on({ forwards: { web, api: web } })).toMatchInlineSnapshot(`
      "qemu: the configuration is wrong
        forwards.api.hostPort: got 8080; forwards.web has 127.0.0.1:8080 already"
    `);
    expect(on({ forwards: { web, api: { ...web, hostAddress: '127.0.0.2' } } })).toBe('none');
    expect(on({ forwards: { web: { guestPort: 80 }, api: { guestPort: 81 } } })).toBe('none');
  });

  test('a pool of what its machines cannot have each', () => {
    expect(on({ pool: { min: 1, max: 4 } })).toMatchInlineSnapshot(`
      "qemu: the configuration is wrong
        pool: got {"min":1,"max":4}; there is nothing to boot when the machine is opened: it needs image, partitions.root, kernel or cdrom"
    `);
    expect(on({ image: 'a.img', pool: { min: 1, max: 1 } })).toMatchInlineSnapshot(`
      "qemu: the configuration is wrong
        pool.max: got 1; expected 2 or more: the machine that is served is one of them"
    `);
    expect(on({ image: 'a.img', pool: { min: 3, max: 2 } })).toMatchInlineSnapshot(`
      "qemu: the configuration is wrong
        pool.max: got 2; expected \`min\` or more"
    `);
    const shared = {
      disks: [{ path: 'b.img', format: 'raw' }],
      forwards: { web: { guestPort: 80, hostPort: 8080 } },
    };
    expect(on({ image: 'a.img', pool: { min: 1, max: 4 }, ...shared })).toMatchInlineSnapshot(`
      "qemu: the configuration is wrong
        disks.0: got {"path":"b.img","format":"raw"}; all machines of a pool would write to it; make it readonly, or leave pool out
        forwards.web.hostPort: got 8080; machines of a pool get free ports, which describe() tells; leave it out, or leave pool out"
    `);
    expect(on({ image: 'a.img', pool: { min: 1, max: 4 } })).toBe('none');
  });

  test('user-data that cloud-init would ignore', () => {
    expect(on({ cloudInit: { userData: 'packages: [vim]' } })).toMatchInlineSnapshot(`
      "qemu: the configuration is wrong
        cloudInit.userData: got "packages: [vim]"; expected an object, or text that begins with '#cloud-config', '#!', '#include' or another line that cloud-init knows"
    `);
    expect(on({ cloudInit: { userData: '#cloud-config\nusers: [' } })).toMatchInlineSnapshot(`
      "qemu: the configuration is wrong
        cloudInit.userData: got "#cloud-config\\nusers: ["; not YAML: Flow sequence in block collection must be sufficiently indented and end with a ] at line 2, column 9:"
    `);
    expect(on({ cloudInit: { userData: '#cloud-config\n- vim' } })).toContain(
      'a #cloud-config must be a mapping',
    );
    expect(on({ cloudInit: { userData: '#!/bin/sh\ntrue' } })).toBe('none');
    expect(on({ cloudInit: false })).toBe('none');
  });
});

describe('arguments of your own', () => {
  const mistakes = (...extraArgs: string[]) =>
    QemuConfig.safeParse({ arch: 'x86_64', extraArgs }).error?.issues ?? [];

  test.for([
    ['-hda', '/disk'],
    ['-cdrom', '/iso'],
    ['--drive', 'file=/disk,if=virtio'],
  ])('may not let QEMU guess a format: %s %s', (args) => {
    expect(mistakes(...args)).toMatchObject([
      { path: ['extraArgs', 0], message: expect.stringContaining('QEMU would guess the format') },
    ]);
  });

  test.for([
    ['-drive', 'file=/disk,format=raw'],
    ['-drive', 'if=none,id=empty'],
    ['-blockdev', 'driver=raw,node-name=a,file.driver=file,file.filename=/disk'],
  ])('may name it: %s %s', (args) => {
    expect(mistakes(...args)).toEqual([]);
  });
});

describe('forwards in effect', () => {
  test('ssh first, unless the configuration has its own', () => {
    const { forwards } = QemuConfig.parse({ forwards: { web: { guestPort: 80 } } });
    expect(Object.keys(effectiveForwards(QemuConfig.parse({ forwards })))).toEqual(['ssh', 'web']);
    const own = QemuConfig.parse({ forwards: { ssh: { guestPort: 2222 } } });
    expect(effectiveForwards(own)['ssh']?.guestPort).toBe(2222);
  });

  test('none without a network', () => {
    expect(effectiveForwards(QemuConfig.parse({ network: 'none' }))).toEqual({});
  });
});
