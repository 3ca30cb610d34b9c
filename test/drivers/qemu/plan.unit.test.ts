import { describe, expect, test } from 'vitest';
import { CapacityError, ConfigError } from '../../../src/core/index.ts';
import type { QemuConfigInput } from '../../../src/drivers/qemu/config.ts';
import type { MachineFiles } from '../../../src/drivers/qemu/plan/types.ts';
import { ARM_HOST, beyond, HOST, plan, valuesOf } from './planned.ts';

describe('whole command lines', () => {
  test('x86_64, UEFI, emulated', () => {
    expect(plan({}).command).toMatchInlineSnapshot(`
      [
        "/usr/bin/setpriv",
        "--pdeathsig",
        "KILL",
        "--",
        "/bin/sh",
        "-c",
        "umask 077; [ "$PPID" = "\${JUMPLEAD_PID-$PPID}" ] && exec "$@"",
        "sh",
        "/usr/bin/qemu-system-x86_64",
        "-name",
        "guest=dut,debug-threads=on",
        "-uuid",
        "6f1e0a5c-98d1-4c4e-a1b9-0d6d0f1c2b3a",
        "-machine",
        "q35,memory-backend=mem,pflash0=firmware,pflash1=nvram",
        "-accel",
        "tcg,thread=multi,tb-size=512",
        "-cpu",
        "max",
        "-smp",
        "cpus=2,sockets=1,cores=2,threads=1",
        "-m",
        "size=1024M",
        "-object",
        "memory-backend-file,id=mem,size=1024M,mem-path=/proc/self/fd/5,share=on",
        "-blockdev",
        "{"node-name":"firmware","driver":"raw","read-only":true,"file":{"driver":"file","filename":"/usr/share/OVMF/OVMF_CODE_4M.fd","read-only":true}}",
        "-blockdev",
        "{"node-name":"nvram","driver":"qcow2","read-only":false,"discard":"unmap","file":{"driver":"file","filename":"/run/m1/nvram.qcow2","read-only":false,"discard":"unmap"}}",
        "-S",
        "-no-user-config",
        "-nodefaults",
        "-rtc",
        "base=utc",
        "-action",
        "panic=pause,reboot=reset,shutdown=poweroff",
        "-sandbox",
        "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
        "-chardev",
        "socket,id=qmp,fd=3",
        "-mon",
        "chardev=qmp,mode=control",
        "-chardev",
        "stdio,id=console,signal=off",
        "-serial",
        "chardev:console",
        "-display",
        "none",
        "-device",
        "VGA,id=display,bus=pcie.0,addr=0x1",
        "-vnc",
        "unix:/tmp/s1/vnc",
        "-netdev",
        "user,id=net,hostfwd=tcp:127.0.0.1:0-:22",
        "-device",
        "virtio-net-pci,id=net,bus=pcie.0,addr=0x2,netdev=net,mac=52:54:00:12:34:56,romfile=",
        "-blockdev",
        "{"node-name":"root","driver":"qcow2","read-only":false,"discard":"unmap","file":{"driver":"file","filename":"/run/m1/root.qcow2","read-only":false,"discard":"unmap"}}",
        "-device",
        "virtio-blk-pci,id=root,bus=pcie.0,addr=0x3,drive=root,bootindex=1",
        "-blockdev",
        "{"node-name":"seed","driver":"raw","read-only":true,"file":{"driver":"file","filename":"/run/m1/seed.iso","read-only":true}}",
        "-device",
        "virtio-blk-pci,id=seed,bus=pcie.0,addr=0x4,drive=seed",
        "-object",
        "rng-builtin,id=entropy",
        "-device",
        "virtio-rng-pci,id=rng,bus=pcie.0,addr=0x5,rng=entropy",
        "-chardev",
        "socket,id=agent,fd=4",
        "-device",
        "virtio-serial-pci,id=serial,bus=pcie.0,addr=0x6",
        "-device",
        "virtserialport,id=agent,bus=serial.0,nr=1,chardev=agent,name=org.qemu.guest_agent.0",
        "-device",
        "qemu-xhci,id=usb,bus=pcie.0,addr=0x7",
        "-device",
        "usb-tablet,id=tablet,bus=usb.0,port=1",
        "-device",
        "usb-kbd,id=keyboard,bus=usb.0,port=2",
        "-device",
        "pvpanic-pci,id=pvpanic,bus=pcie.0,addr=0x8",
        "-device",
        "vmgenid,id=vmgenid,guid=auto",
      ]
    `);
  });

  test('aarch64, UEFI, emulated', () => {
    expect(plan({ arch: 'aarch64', cpus: 4, memory: '2GiB' }).command).toMatchInlineSnapshot(`
      [
        "/usr/bin/setpriv",
        "--pdeathsig",
        "KILL",
        "--",
        "/bin/sh",
        "-c",
        "umask 077; [ "$PPID" = "\${JUMPLEAD_PID-$PPID}" ] && exec "$@"",
        "sh",
        "/usr/bin/qemu-system-aarch64",
        "-name",
        "guest=dut,debug-threads=on",
        "-uuid",
        "6f1e0a5c-98d1-4c4e-a1b9-0d6d0f1c2b3a",
        "-machine",
        "virt,memory-backend=mem,pflash0=firmware,pflash1=nvram,gic-version=3",
        "-accel",
        "tcg,thread=multi,tb-size=512",
        "-cpu",
        "max,pauth-impdef=on",
        "-smp",
        "cpus=4,sockets=1,cores=4,threads=1",
        "-m",
        "size=2048M",
        "-object",
        "memory-backend-file,id=mem,size=2048M,mem-path=/proc/self/fd/5,share=on",
        "-blockdev",
        "{"node-name":"firmware","driver":"raw","read-only":true,"file":{"driver":"file","filename":"/usr/share/AAVMF/AAVMF_CODE.fd","read-only":true}}",
        "-blockdev",
        "{"node-name":"nvram","driver":"qcow2","read-only":false,"discard":"unmap","file":{"driver":"file","filename":"/run/m1/nvram.qcow2","read-only":false,"discard":"unmap"}}",
        "-S",
        "-no-user-config",
        "-nodefaults",
        "-rtc",
        "base=utc",
        "-action",
        "panic=pause,reboot=reset,shutdown=poweroff",
        "-sandbox",
        "on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny",
        "-chardev",
        "socket,id=qmp,fd=3",
        "-mon",
        "chardev=qmp,mode=control",
        "-chardev",
        "stdio,id=console,signal=off",
        "-serial",
        "chardev:console",
        "-display",
        "none",
        "-device",
        "virtio-gpu-pci,id=display,bus=pcie.0,addr=0x1",
        "-vnc",
        "unix:/tmp/s1/vnc",
        "-netdev",
        "user,id=net,hostfwd=tcp:127.0.0.1:0-:22",
        "-device",
        "virtio-net-pci,id=net,bus=pcie.0,addr=0x2,netdev=net,mac=52:54:00:12:34:56,romfile=",
        "-blockdev",
        "{"node-name":"root","driver":"qcow2","read-only":false,"discard":"unmap","file":{"driver":"file","filename":"/run/m1/root.qcow2","read-only":false,"discard":"unmap"}}",
        "-device",
        "virtio-blk-pci,id=root,bus=pcie.0,addr=0x3,drive=root,bootindex=1",
        "-blockdev",
        "{"node-name":"seed","driver":"raw","read-only":true,"file":{"driver":"file","filename":"/run/m1/seed.iso","read-only":true}}",
        "-device",
        "virtio-blk-pci,id=seed,bus=pcie.0,addr=0x4,drive=seed",
        "-object",
        "rng-builtin,id=entropy",
        "-device",
        "virtio-rng-pci,id=rng,bus=pcie.0,addr=0x5,rng=entropy",
        "-chardev",
        "socket,id=agent,fd=4",
        "-device",
        "virtio-serial-pci,id=serial,bus=pcie.0,addr=0x6",
        "-device",
        "virtserialport,id=agent,bus=serial.0,nr=1,chardev=agent,name=org.qemu.guest_agent.0",
        "-device",
        "qemu-xhci,id=usb,bus=pcie.0,addr=0x7",
        "-device",
        "usb-tablet,id=tablet,bus=usb.0,port=1",
        "-device",
        "usb-kbd,id=keyboard,bus=usb.0,port=2",
        "-device",
        "pvpanic-pci,id=pvpanic,bus=pcie.0,addr=0x8",
      ]
    `);
  });
});

describe('files', () => {
  test('overlays on what was flashed and on the variables, and a seed', () => {
    expect(plan({}).files).toMatchInlineSnapshot(`
      [
        {
          "backing": "/usr/share/OVMF/OVMF_VARS_4M.fd",
          "backingFormat": "raw",
          "kind": "overlay",
          "node": "nvram",
          "path": "/run/m1/nvram.qcow2",
          "size": null,
        },
        {
          "backing": "/cache/images/abc",
          "backingFormat": "qcow2",
          "kind": "overlay",
          "node": "root",
          "path": "/run/m1/root.qcow2",
          "size": null,
        },
        {
          "kind": "seed",
          "path": "/run/m1/seed.iso",
        },
      ]
    `);
  });

  test('a larger root disk', () => {
    expect(plan({ diskSize: '20GiB' }).files).toContainEqual({
      kind: 'overlay',
      node: 'root',
      path: '/run/m1/root.qcow2',
      backing: '/cache/images/abc',
      backingFormat: 'qcow2',
      size: 20 * 2 ** 30,
    });
  });

  test('a smaller root disk than the image is refused', () => {
    expect(() => plan({ diskSize: '1GiB' })).toThrowErrorMatchingInlineSnapshot(`
      [ConfigError: qemu: the configuration is wrong
        diskSize: got "1GiB"; the image is larger; allowed: 3.0 GiB or more]
    `);
  });

  test('an empty root disk where nothing was flashed but a size is given', () => {
    expect(plan({ diskSize: '1GiB' }, {}, { root: null }).files).toContainEqual({
      kind: 'blank',
      node: 'root',
      path: '/run/m1/root.qcow2',
      size: 2 ** 30,
    });
  });

  test('no root disk where there is neither image nor size', () => {
    const bare = plan({}, {}, { root: null });
    expect(bare.files.map(({ kind, path }) => [kind, path])).toEqual([
      ['overlay', '/run/m1/nvram.qcow2'],
      ['seed', '/run/m1/seed.iso'],
    ]);
    expect(beyond(plan({}), bare)).toHaveLength(2);
  });

  test('no seed without cloud-init', () => {
    const bare = plan({ cloudInit: false });
    expect(bare.files.map(({ kind }) => kind)).not.toContain('seed');
    expect(beyond(plan({}), bare).join(' ')).toContain('seed');
  });

  test('extra disks and a CD, written or not as they say', () => {
    const more = plan({
      disks: [
        { path: '/data/a,b.img', format: 'raw' },
        { path: '/data/c.qcow2', format: 'qcow2', readonly: true },
      ],
      cdrom: '/iso/debian.iso',
    });
    expect(beyond(more, plan({}))).toMatchInlineSnapshot(`
      [
        "{"node-name":"cdrom","driver":"raw","read-only":true,"file":{"driver":"file","filename":"/iso/debian.iso","read-only":true}}",
        "virtio-scsi-pci,id=scsi,bus=pcie.0,addr=0x9",
        "scsi-cd,id=cdrom,bus=scsi.0,drive=cdrom,bootindex=2",
        "{"node-name":"disk0","driver":"raw","read-only":false,"discard":"unmap","file":{"driver":"file","filename":"/data/a,b.img","read-only":false,"discard":"unmap"}}",
        "virtio-blk-pci,id=disk0,bus=pcie.0,addr=0xa,drive=disk0",
        "{"node-name":"disk1","driver":"qcow2","read-only":true,"file":{"driver":"file","filename":"/data/c.qcow2","read-only":true}}",
        "virtio-blk-pci,id=disk1,bus=pcie.0,addr=0xb,drive=disk1",
      ]
    `);
  });
});

describe('firmware', () => {
  test('BIOS needs no files', () => {
    const bios = plan({ firmware: 'bios' }, { firmware: { kind: 'bios', description: 'SeaBIOS' } });
    expect(valuesOf(bios, '-machine')).toEqual(['q35,memory-backend=mem']);
    expect(bios.argv).not.toContain('-bios');
    expect(bios.files.map(({ path }) => path)).toEqual(['/run/m1/root.qcow2', '/run/m1/seed.iso']);
  });

  test('a BIOS that was flashed', () => {
    const flashed = plan({}, {}, { bios: '/parts/bios' });
    expect(valuesOf(flashed, '-bios')).toEqual(['/parts/bios']);
    expect(flashed.description.firmware).toBe('BIOS, /parts/bios');
  });

  test('either half of UEFI may have been flashed', () => {
    const code = plan({}, {}, { code: '/parts/OVMF_CODE.fd' });
    expect(valuesOf(code, '-blockdev').join()).toContain('/parts/OVMF_CODE.fd');
    expect(code.files[0]).toMatchObject({ backing: '/usr/share/OVMF/OVMF_VARS_4M.fd' });
    expect(code.description.firmware).toBe('UEFI, /parts/OVMF_CODE.fd');
    const vars = plan({}, {}, { vars: '/parts/OVMF_VARS.fd' });
    expect(vars.files[0]).toMatchObject({ backing: '/parts/OVMF_VARS.fd', backingFormat: 'raw' });
  });

  test('both halves of UEFI make a UEFI machine of a BIOS one', () => {
    const bios = { kind: 'bios', description: 'SeaBIOS' } as const;
    const uefi = plan({ firmware: 'bios' }, { firmware: bios }, { code: '/c', vars: '/v', bios: '/b' });
    expect(valuesOf(uefi, '-machine')).toEqual(['q35,memory-backend=mem,pflash0=firmware,pflash1=nvram']);
    expect(uefi.argv).not.toContain('-bios');
    const half = plan({ firmware: 'bios' }, { firmware: bios }, { code: '/c' });
    expect(valuesOf(half, '-machine')).toEqual(['q35,memory-backend=mem']);
  });

  test('a kernel is started without any', () => {
    const direct = plan(
      { kernel: '/k', initrd: '/i', append: 'console=ttyS0 quiet' },
      { firmware: { kind: 'none', description: 'none' } },
    );
    expect(['-kernel', '-initrd', '-append'].map((flag) => valuesOf(direct, flag))).toEqual([
      ['/k'],
      ['/i'],
      ['console=ttyS0 quiet'],
    ]);
    expect(valuesOf(direct, '-machine')).toEqual(['q35,memory-backend=mem']);
    const kernelOnly = plan({ kernel: '/k' }, { firmware: { kind: 'none', description: 'none' } });
    expect(kernelOnly.argv).not.toContain('-initrd');
  });

  test('the kernel goes before what was flashed', () => {
    const none = { kind: 'none', description: 'none' } as const;
    expect(plan({ kernel: '/k' }, { firmware: none }, { bios: '/b' }).argv).not.toContain('-bios');
  });
});

describe('network', () => {
  test('ssh is forwarded to a port that QEMU chooses', () => {
    expect(plan({}).forwards).toEqual([{ name: 'ssh', host: '127.0.0.1', hostPort: 0, guestPort: 22 }]);
  });

  test('forwards of the configuration, one of which replaces ssh', () => {
    const forwards = {
      ssh: { guestPort: 2222, hostPort: 10_022 },
      web: { guestPort: 80, hostAddress: '127.0.0.2' },
    };
    expect(valuesOf(plan({ forwards }), '-netdev')).toEqual([
      'user,id=net,hostfwd=tcp:127.0.0.1:10022-:2222,hostfwd=tcp:127.0.0.2:0-:80',
    ]);
  });

  test('isolated: no way out, forwards as ever', () => {
    expect(valuesOf(plan({ network: 'isolated' }), '-netdev')).toEqual([
      'user,id=net,restrict=on,hostfwd=tcp:127.0.0.1:0-:22',
    ]);
  });

  test('none: no card and no forwards', () => {
    const alone = plan({ network: 'none' });
    expect(alone.forwards).toEqual([]);
    expect(alone.argv.join(' ')).not.toMatch(/netdev|virtio-net/);
  });
});

describe('accelerators', () => {
  test('KVM', () => {
    const kvm = plan({}, { accelerator: { name: 'kvm', reason: 'the firmware ran on it' } });
    expect([valuesOf(kvm, '-accel'), valuesOf(kvm, '-cpu')]).toEqual([['kvm'], ['host']]);
  });

  test("KVM on aarch64 takes the host's interrupt controller", () => {
    const kvm = plan({ arch: 'aarch64' }, { accelerator: { name: 'kvm', reason: '' } });
    expect(valuesOf(kvm, '-machine')[0]).toMatch(/,gic-version=host$/);
  });

  test('HVF on a Mac, where descriptors have another folder', () => {
    const hvf = plan(
      { arch: 'aarch64' },
      { platform: 'darwin', setpriv: null, accelerator: { name: 'hvf', reason: '' } },
    );
    expect([valuesOf(hvf, '-accel'), valuesOf(hvf, '-cpu')]).toEqual([['hvf'], ['host']]);
    expect(valuesOf(hvf, '-object')[0]).toContain('mem-path=/dev/fd/5');
    expect(hvf.wrapper).toEqual([]);
    expect(hvf.command[0]).toBe('/usr/bin/qemu-system-aarch64');
  });

  test('a CPU model and a buffer of the configuration', () => {
    const chosen = plan({ cpu: 'Nehalem,+aes', tbSize: '128MiB' });
    expect(valuesOf(chosen, '-cpu')).toEqual(['Nehalem,+aes']);
    expect(valuesOf(chosen, '-accel')).toEqual(['tcg,thread=multi,tb-size=128']);
    expect(chosen.description).toMatchObject({
      cpu: 'Nehalem,+aes',
      machine: 'q35',
      cpus: 2,
      memory: 2 ** 30,
    });
  });
});

describe('display', () => {
  test.each([
    ['vga', 'VGA'],
    ['bochs', 'bochs-display'],
    ['virtio-gpu', 'virtio-vga'],
  ] as const)('%s is the device %s', (display, kind) => {
    expect(valuesOf(plan({ display }), '-device')).toContain(`${kind},id=display,bus=pcie.0,addr=0x1`);
  });

  test('none has no device, but VNC all the same', () => {
    const blind = plan({ display: 'none' });
    expect(blind.argv.join(' ')).not.toContain('id=display');
    expect(valuesOf(blind, '-vnc')).toEqual(['unix:/tmp/s1/vnc']);
  });

  test('one that this QEMU lacks', () => {
    const qemu = { ...HOST.qemu, devices: new Set(['VGA']) };
    expect(() => plan({ display: 'bochs' }, { qemu })).toThrowErrorMatchingInlineSnapshot(`
      [ConfigError: qemu: the configuration is wrong
        display: got "bochs"; /usr/bin/qemu-system-x86_64 (7.2.22) has no device bochs-display]
    `);
    expect(() => plan({ display: 'bochs' }, { qemu })).toThrow(ConfigError);
  });
});

describe('safety', () => {
  test('no sandbox where it was not built in', () => {
    const open = plan({}, { qemu: { ...HOST.qemu, sandbox: false } });
    expect(open.argv).not.toContain('-sandbox');
    expect(beyond(plan({}), open)).toEqual([
      '-sandbox',
      'on,obsolete=deny,elevateprivileges=deny,spawn=deny,resourcecontrol=deny',
    ]);
  });

  test('as another user where we are root', () => {
    const user = { uid: 65_534, gid: 65_534, groups: [] };
    expect(plan({}, { user }).wrapper.join(' ')).toMatch(
      /^\/usr\/bin\/setpriv --reuid 65534 --regid 65534 --clear-groups --pdeathsig KILL -- \/bin\/sh -c umask 077; /,
    );
    expect(plan({}, { user: { ...user, groups: [36] } }).wrapper.join(' ')).toContain(' --groups 36 ');
  });

  test('no vmgenid where QEMU has none', () => {
    expect(plan({}).argv).toContain('vmgenid,id=vmgenid,guid=auto');
    expect(plan({ arch: 'aarch64' }).argv.join(' ')).not.toContain('vmgenid');
  });
});

describe('memory', () => {
  const small = { folder: '/dev/shm', free: 64 * 2 ** 20 };

  test('lies in the first place with room', () => {
    expect(plan({}).memory).toEqual({ folder: '/dev/shm', bytes: 2 ** 30 });
    const second = plan({}, {}, { memory: [small, { folder: '/run/m1', free: 2 ** 33 }] });
    expect(second.memory?.folder).toBe('/run/m1');
  });

  test('no place has room', () => {
    const memory = [small, { folder: '/run/m1', free: 10 * 2 ** 20 }];
    expect(() => plan({}, {}, { memory })).toThrowErrorMatchingInlineSnapshot(
      `[CapacityError: no room for the guest's memory of 1.0 GiB: /dev/shm has 64 MiB, /run/m1 has 10 MiB]`,
    );
    expect(() => plan({}, {}, { memory: [] })).toThrow(CapacityError);
  });
});

test('commas in paths are doubled where QEMU would end the value', () => {
  const odd = plan({}, {}, { socketDir: '/tmp/a,b' });
  expect(valuesOf(odd, '-vnc')).toEqual(['unix:/tmp/a,,b/vnc']);
  expect(odd.sockets.vnc).toBe('/tmp/a,b/vnc');
});

test('extra arguments come last', () => {
  expect(plan({ extraArgs: ['-d', 'guest_errors'] }).argv.slice(-2)).toEqual(['-d', 'guest_errors']);
});

test('every device has an id, every PCI device a slot of its own', () => {
  const full = plan({ cdrom: '/a.iso', disks: [{ path: '/d', format: 'raw' }] });
  const devices = valuesOf(full, '-device');
  const ids = devices.map((device) => /,id=([^,]+)/.exec(device)?.[1]);
  expect(ids).not.toContain(undefined);
  expect(new Set(ids).size).toBe(ids.length);
  const slots = devices.flatMap((device) => /addr=(0x\w+)/.exec(device)?.[1] ?? []);
  expect(new Set(slots).size).toBe(slots.length);
});

test('a device stays in its slot whatever else is planned', () => {
  const slots = (devices: string[]) =>
    Object.fromEntries(
      devices.map((device) => [/id=(\w+)/.exec(device)?.[1], /addr=(\w+)/.exec(device)?.[1]]),
    );
  const bare = slots(valuesOf(plan({ network: 'none', display: 'none', cloudInit: false }), '-device'));
  expect(slots(valuesOf(plan({ cdrom: '/a.iso' }), '-device'))).toMatchObject(bare);
});

test('two machines of one configuration differ in paths, ports and identity only', () => {
  const other = plan(
    { arch: 'aarch64' },
    {},
    {
      runDir: '/run/m2',
      socketDir: '/tmp/s2',
      uuid: 'other',
      mac: '52:54:00:00:00:01',
    },
  );
  const shown = plan({ arch: 'aarch64' }).argv.map((arg) =>
    arg
      .replaceAll('/run/m1', '/run/m2')
      .replaceAll('/tmp/s1', '/tmp/s2')
      .replace('52:54:00:12:34:56', '52:54:00:00:00:01')
      .replace('6f1e0a5c-98d1-4c4e-a1b9-0d6d0f1c2b3a', 'other'),
  );
  expect(shown).toEqual(other.argv);
  expect(ARM_HOST.qemu.binary).toBe(other.binary);
});

describe('formats', () => {
  const disks: QemuConfigInput[] = [
    {},
    { diskSize: '4GiB' },
    { firmware: 'bios' },
    { cdrom: '/a.iso' },
    {
      disks: [
        { path: '/d', format: 'raw' },
        { path: '/e', format: 'qcow2', readonly: true },
      ],
    },
    { cloudInit: false },
    { kernel: '/k', initrd: '/i' },
  ];
  const flashed: Partial<MachineFiles>[] = [
    {},
    { root: null },
    { root: { path: '/cache/raw', format: 'raw', size: 2 ** 30 } },
    { code: '/parts/code', vars: '/parts/vars' },
    { bios: '/parts/bios' },
  ];
  const all = disks.flatMap((config) => flashed.map((files) => plan(config, {}, files)));

  test('are named for every disk: QEMU guesses none', () => {
    const nodes = all.flatMap((each) => valuesOf(each, '-blockdev')).map((node) => JSON.parse(node));
    expect(nodes.length).toBeGreaterThan(all.length);
    for (const { driver, file } of nodes) {
      expect(['raw', 'qcow2']).toContain(driver);
      expect(file.driver).toBe('file');
    }
    for (const { argv } of all)
      expect(argv.filter((arg) => /^-(?:drive|hd[a-d]|fd[ab]|cdrom|sd|mtdblock|pflash)$/.test(arg))).toEqual(
        [],
      );
  });

  test('are named for what every disk lies over', () => {
    for (const { files } of all)
      for (const file of files)
        if (file.kind === 'overlay') expect(['raw', 'qcow2']).toContain(file.backingFormat);
  });
});
