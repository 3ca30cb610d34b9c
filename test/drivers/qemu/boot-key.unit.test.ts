import { describe, expect, test } from 'vitest';
import { type BootInputs, bootKey, configKey, keyFields } from '../../../src/drivers/qemu/boots/boot-key.ts';
import { QemuConfig, type QemuConfigInput } from '../../../src/drivers/qemu/config.ts';
import { ARM_HOST, HOST } from './planned.ts';

const FIELDS = Object.entries(QemuConfig.shape);
const CONFIG: QemuConfigInput = { arch: 'x86_64', boot: { remember: true } };

/** Another value of each field. A field that is in neither list of the schema, or that is not here, fails. */
const OTHER: { readonly [K in keyof Required<QemuConfigInput>]: QemuConfigInput } = {
  arch: { arch: 'aarch64' },
  machine: { machine: 'pc-q35-7.2' },
  cpu: { cpu: 'qemu64' },
  cpus: { cpus: 3 },
  memory: { memory: '2GiB' },
  diskSize: { diskSize: '20GiB' },
  hostname: { hostname: 'other' },
  username: { username: 'other' },
  password: { password: 'other' },
  authorizedKeys: { authorizedKeys: ['ssh-ed25519 AAAA'] },
  cloudInit: { cloudInit: { userData: { packages: ['tree'] } } },
  network: { network: 'isolated' },
  forwards: { forwards: { web: { guestPort: 80 } } },
  disks: { disks: [{ path: '/disk', format: 'raw', readonly: true }] },
  cdrom: { cdrom: '/cd.iso' },
  firmware: { firmware: 'bios' },
  kernel: { kernel: '/vmlinuz' },
  initrd: { kernel: '/vmlinuz', initrd: '/initrd' },
  append: { kernel: '/vmlinuz', append: 'quiet' },
  partitions: { partitions: { root: '/other.img' } },
  accelerator: { accelerator: 'tcg' },
  display: { display: 'none' },
  tolerate: { tolerate: ['GUEST_OOPS'] },
  extraArgs: { extraArgs: ['-device', 'intel-hda'] },
  boot: { boot: { remember: true, ready: { agent: true } } },
  bootLimit: { bootLimit: '1GiB' },
  pool: { pool: { min: 1, max: 2 }, image: '/other.img' },
  // The path says nothing: what was flashed is in `contents`.
  image: { image: '/other.img' },
  consoleLimit: { consoleLimit: '1MiB' },
  tbSize: { tbSize: '64MiB' },
};

function inputs(change: QemuConfigInput = {}): BootInputs {
  return {
    config: QemuConfig.parse({ ...CONFIG, ...change }),
    host: HOST,
    contents: { root: 'f'.repeat(64) },
    files: { '/usr/share/OVMF/OVMF_CODE_4M.fd': '1-2-3-4-5' },
    identity: 'someone',
    hostCpu: 'GenuineIntel 6 106 6',
  };
}

test.for(FIELDS.map(([name, schema]) => [name, schema.meta()?.['boot']] as const))(
  'another %s: %s',
  ([name, role]) => {
    const before = bootKey(inputs());
    const after = bootKey(inputs(OTHER[name as keyof typeof OTHER])); // SAFE: looked at below
    if (role === 'key' && name !== 'image') expect(after).not.toBe(before);
    else expect([role, after]).toEqual([name === 'image' ? 'key' : 'instance', before]);
  },
);

test('every field is in one of the lists', () => {
  expect(Object.keys(OTHER).sort()).toEqual(FIELDS.map(([name]) => name).sort());
  const instance = FIELDS.filter(([, schema]) => schema.meta()?.['boot'] === 'instance').map(
    ([name]) => name,
  );
  const key = Object.keys(keyFields(inputs().config));
  expect([...key, ...instance, 'image'].sort()).toEqual(FIELDS.map(([name]) => name).sort());
});

describe('beside the configuration', () => {
  const base = inputs();
  const others: Readonly<Record<string, Partial<BootInputs>>> = {
    'what was flashed': { contents: { root: 'e'.repeat(64) } },
    'firmware variables that were flashed': {
      contents: { ...base.contents, 'OVMF_VARS.fd': 'e'.repeat(64) },
    },
    'a file of the host': { files: { '/usr/share/OVMF/OVMF_CODE_4M.fd': '1-2-3-4-6' } },
    'its user and addresses': { identity: 'someone else' },
    'the version of QEMU': { host: { ...HOST, qemu: { ...HOST.qemu, version: '8.0.0' } } },
    'what QEMU can do': { host: { ...HOST, qemu: { ...HOST.qemu, devices: new Set(['VGA']) } } },
    'the firmware': { host: { ...HOST, firmware: ARM_HOST.firmware } },
    'the accelerator': { host: { ...HOST, accelerator: { name: 'kvm', reason: '' } } },
  };

  test.for(Object.keys(others))('another key with another: %s', (what) => {
    expect(bootKey({ ...base, ...others[what] })).not.toBe(bootKey(base));
  });

  test("the host's CPU matters only to guests that have seen it", () => {
    const hostCpu = 'AuthenticAMD 25 1 1';
    expect(bootKey({ ...base, hostCpu })).toBe(bootKey(base));
    const kvm = { ...base, host: { ...HOST, accelerator: { name: 'kvm', reason: '' } as const } };
    expect(bootKey({ ...kvm, hostCpu })).not.toBe(bootKey(kvm));
  });

  test('why an accelerator was chosen, and the order of fields, are no matter', () => {
    const reason = { ...HOST, accelerator: { ...HOST.accelerator, reason: 'another' } };
    const backwards = Object.fromEntries(Object.entries(base.config).reverse()) as QemuConfig; // SAFE: the same fields
    expect(bootKey({ ...base, host: reason, config: backwards })).toBe(bootKey(base));
  });
});

test('machines of one configuration share their user, whatever is flashed to them', () => {
  const key = (change: QemuConfigInput) => configKey(QemuConfig.parse({ ...CONFIG, ...change }));
  expect(key({ image: '/other.img', forwards: { web: { guestPort: 80 } } })).toBe(key({}));
  expect(key({ username: 'other' })).not.toBe(key({}));
});
