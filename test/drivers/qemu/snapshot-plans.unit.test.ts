import { describe, expect, test } from 'vitest';
import type { AcceleratorName } from '../../../src/drivers/qemu/architectures.ts';
import { QemuConfig, type QemuConfigInput } from '../../../src/drivers/qemu/config.ts';
import {
  losesWrites,
  planObstacles,
  runningObstacles,
} from '../../../src/drivers/qemu/snapshots/obstacles.ts';
import { blockNodesOf, planReceiver } from '../../../src/drivers/qemu/snapshots/plan-receiver.ts';
import { beyond, plan, valuesOf } from './planned.ts';

const ORIGIN = {
  bases: { 'root.qcow2': '/snapshots/s1/root.qcow2', 'nvram.qcow2': '/snapshots/s1/nvram.qcow2' },
  seed: '/snapshots/s1/seed.iso',
};
const OWN = { runDir: '/run/m2', socketDir: '/tmp/s2' };
const FORWARDS = { forwards: { web: { guestPort: 80, hostPort: 8080 } } } as const;

describe('a machine that starts from another', () => {
  test('differs in nothing but its memory, where it starts from, its own files and its ports', () => {
    const [parent, fork] = [plan(FORWARDS), plan(FORWARDS, {}, { ...OWN, origin: ORIGIN })];
    expect(beyond(fork, parent)).toMatchInlineSnapshot(`
      [
        "memory-backend-file,id=mem,size=1024M,mem-path=/proc/self/fd/5,share=off",
        "{"node-name":"nvram","driver":"qcow2","read-only":false,"discard":"unmap","file":{"driver":"file","filename":"/run/m2/nvram.qcow2","read-only":false,"discard":"unmap"}}",
        "-incoming",
        "defer",
        "unix:/tmp/s2/vnc",
        "user,id=net,hostfwd=tcp:127.0.0.1:0-:22,hostfwd=tcp:127.0.0.1:0-:80",
        "{"node-name":"root","driver":"qcow2","read-only":false,"discard":"unmap","file":{"driver":"file","filename":"/run/m2/root.qcow2","read-only":false,"discard":"unmap"}}",
        "{"node-name":"seed","driver":"raw","read-only":true,"file":{"driver":"file","filename":"/run/m2/seed.iso","read-only":true}}",
      ]
    `);
    expect(fork.argv.length).toBe(parent.argv.length + 2);
  });

  test.each(['x86_64', 'aarch64'] as const)('has the same devices in the same places (%s)', (arch) => {
    const [parent, fork] = [plan({ arch }), plan({ arch }, {}, { ...OWN, origin: ORIGIN })];
    expect(valuesOf(fork, '-device')).toEqual(valuesOf(parent, '-device'));
    expect(valuesOf(fork, '-machine')).toEqual(valuesOf(parent, '-machine'));
  });

  test('its disks lie over those of the other, and its seed is a copy', () => {
    expect(plan({ diskSize: '8GiB' }, {}, { ...OWN, origin: ORIGIN }).files).toMatchInlineSnapshot(`
      [
        {
          "backing": "/snapshots/s1/nvram.qcow2",
          "backingFormat": "qcow2",
          "kind": "overlay",
          "node": "nvram",
          "path": "/run/m2/nvram.qcow2",
          "size": null,
        },
        {
          "backing": "/snapshots/s1/root.qcow2",
          "backingFormat": "qcow2",
          "kind": "overlay",
          "node": "root",
          "path": "/run/m2/root.qcow2",
          "size": null,
        },
        {
          "kind": "copy",
          "of": "/snapshots/s1/seed.iso",
          "path": "/run/m2/seed.iso",
        },
      ]
    `);
  });

  test('its memory is there already', () => {
    expect(plan({}, {}, { origin: ORIGIN, memory: [] }).memory).toBe(null);
  });

  test('a port that was asked for is a free one: the other may have it still', () => {
    const { forwards } = plan(FORWARDS, {}, { origin: ORIGIN });
    expect(forwards.find(({ name }) => name === 'web')).toMatchObject({ hostPort: 0, guestPort: 80 });
  });
});

describe('who takes a machine in to write down its state', () => {
  const fork = plan(FORWARDS, {}, { ...OWN, origin: ORIGIN });
  const sizes = { root: 3 * 2 ** 30, nvram: 528 * 2 ** 10, firmware: 3_653_632, seed: 2 ** 19 };

  test('has the same devices, memory that we have too, disks of nothing, and is reached by nobody', () => {
    const argv = planReceiver(fork, sizes);
    expect(argv.filter((arg) => !fork.argv.includes(arg))).toMatchInlineSnapshot(`
      [
        "memory-backend-file,id=mem,size=1024M,mem-path=/proc/self/fd/5,share=on",
        "{"node-name":"firmware","driver":"null-co","size":3653632,"read-zeroes":true,"read-only":true}",
        "{"node-name":"nvram","driver":"null-co","size":540672,"read-zeroes":true,"read-only":false}",
        "user,id=net",
        "{"node-name":"root","driver":"null-co","size":3221225472,"read-zeroes":true,"read-only":false}",
        "{"node-name":"seed","driver":"null-co","size":524288,"read-zeroes":true,"read-only":true}",
      ]
    `);
    expect(argv.filter((_, index) => argv[index - 1] === '-device')).toEqual(valuesOf(fork, '-device'));
  });

  test('waits for it, also where the machine itself has booted', () => {
    const argv = planReceiver(plan({}), {});
    expect(argv.slice(-2)).toEqual(['-incoming', 'defer']);
  });

  test('every block node of a plan has a size', () => {
    expect(blockNodesOf(fork).map((node) => node['node-name'])).toEqual(Object.keys(sizes).toSorted(order));
  });
});

const ORDER = ['firmware', 'nvram', 'root', 'seed'];
const order = (a: string, b: string) => ORDER.indexOf(a) - ORDER.indexOf(b);

describe('what cannot be saved', () => {
  const on = (name: AcceleratorName = 'tcg', platform: NodeJS.Platform = 'linux') => ({
    platform,
    accelerator: { name, reason: 'a test' },
  });
  const reasons = (config: QemuConfigInput, host = on()) =>
    planObstacles(QemuConfig.parse({ arch: 'x86_64', ...config }), host).map(
      ({ reason, instead }) => `${reason}; ${instead}`,
    );

  test('an ordinary machine can', () => {
    const disks = [{ path: '/data.qcow2', format: 'qcow2', readonly: true }] as const;
    expect(reasons({ cdrom: '/cd.iso', disks: [...disks] })).toEqual([]);
    expect(reasons({ extraArgs: ['-device', 'virtio-balloon-pci', '-name', 'avhosts'] })).toEqual([]);
  });

  test('a disk that is written in place', () => {
    expect(reasons({ disks: [{ path: '/data.img', format: 'raw' }] })).toMatchInlineSnapshot(`
      [
        "disks[0] (/data.img) is written in place, and a snapshot would have to keep it as it is; make it \`readonly: true\`, or flash it as \`image\`",
      ]
    `);
  });

  test.each([
    ['a vhost device', ['-device', 'vhost-vsock-pci,guest-cid=3']],
    ['a network card by vhost', ['-netdev', 'tap,id=t,vhost=on']],
    ['a folder of the host', ['-virtfs', 'local,path=/srv,mount_tag=srv,security_model=none']],
    ['a folder of the host by virtiofs', ['-device', 'vhost-user-fs-pci,tag=srv,chardev=c']],
    ["a device of the host's own", ['-device', 'vfio-pci,host=01:00.0']],
    ['a disk made of a folder', ['-blockdev', 'driver=vvfat,dir=fat:/srv']],
  ])('%s', (_, extraArgs) => {
    expect(reasons({ extraArgs })).toHaveLength(1);
  });

  test("the clock of the host's CPU, where that is used", () => {
    expect(reasons({ cpu: 'host,invtsc=on' }, on('kvm'))).toMatchInlineSnapshot(`
      [
        "the CPU host,invtsc=on has a clock that cannot be saved (invtsc); leave \`invtsc\` out of \`cpu\`",
      ]
    `);
    expect(reasons({ cpu: 'host,+invtsc' }, on('kvm'))).toHaveLength(1);
    expect(reasons({ cpu: 'host,invtsc=off' }, on('kvm'))).toEqual([]);
    expect(reasons({ cpu: 'max,invtsc=on' })).toEqual([]);
  });

  test('a host that is no Linux', () => {
    expect(reasons({}, on('hvf', 'darwin'))).toMatchInlineSnapshot(`
      [
        "memory is copied by what only Linux has, and this is darwin; use a Linux host",
      ]
    `);
  });

  test('a QEMU that cannot, by its own word', () => {
    const capabilities = new Set(['events', 'x-ignore-shared', 'xbzrle']);
    expect(runningObstacles({ capabilities, blockers: [] })).toEqual([]);
    expect(runningObstacles({ capabilities: new Set(['events']), blockers: [] })).toMatchInlineSnapshot(`
      [
        {
          "instead": "use QEMU 4.0 or later, built with migration",
          "reason": "this QEMU cannot migrate with x-ignore-shared",
        },
      ]
    `);
    const blockers = ['Migration is disabled when VirtFS export path is mounted'];
    expect(runningObstacles({ capabilities, blockers })).toMatchInlineSnapshot(`
      [
        {
          "instead": "leave out the device or option that it names",
          "reason": "QEMU says: Migration is disabled when VirtFS export path is mounted",
        },
      ]
    `);
  });
});

test.each([
  ['tcg', true],
  ['kvm', false],
  ['hvf', false],
] as const)('whether what %s runs must stand still to be saved', (name, still) => {
  expect(losesWrites({ accelerator: { name, reason: 'chosen' } })).toBe(still);
});
