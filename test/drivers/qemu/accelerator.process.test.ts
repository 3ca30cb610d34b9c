import { mkdtempDisposable, readFile, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { LaunchError } from '../../../src/core/index.ts';
import { type AcceleratorHost, probeAccelerator } from '../../../src/drivers/qemu/accelerator.ts';
import { verdictPath } from '../../../src/drivers/qemu/accelerator-memory.ts';
import type { ProofOptions } from '../../../src/drivers/qemu/accelerator-proof.ts';
import { QemuConfig, type QemuConfigInput } from '../../../src/drivers/qemu/config.ts';
import type { UefiFirmware } from '../../../src/drivers/qemu/firmware-descriptors.ts';

const FAKE = join(import.meta.dirname, 'fake-firmware-run.ts');
const FIRMWARE: UefiFirmware = {
  kind: 'uefi',
  description: 'none at all',
  code: { path: '/code.fd', format: 'raw' },
  vars: { path: '/vars.fd', format: 'raw' },
};
/** The fake prints at once or never: no test waits for this. */
const PATIENT: ProofOptions = { patience: '1h' };

const workDir = () => mkdtempDisposable(join(tmpdir(), 'jumplead-accelerator-'));

/** A host whose QEMU is the fake, and whose device for KVM is a file that may be opened. */
async function hostIn(dir: string, facts: Partial<AcceleratorHost> = {}): Promise<AcceleratorHost> {
  const kvmDevice = join(dir, 'kvm');
  await writeFile(kvmDevice, '');
  return {
    platform: 'linux',
    arch: 'x86_64',
    qemu: {
      binary: FAKE,
      version: '7.2.22',
      sandbox: true,
      accelerators: new Set(['tcg', 'kvm']),
      devices: new Set(),
    },
    kvmDevice,
    bootId: 'boot-1',
    cacheDir: dir,
    wrapper: [process.execPath],
    firmware: async () => FIRMWARE,
    ...facts,
  };
}

const wish = (input: QemuConfigInput) => QemuConfig.parse({ arch: 'x86_64', ...input });

test('takes KVM when the firmware was seen to run on it', async () => {
  await using dir = await workDir();
  expect(await probeAccelerator(wish({ cpu: 'works' }), await hostIn(dir.path), PATIENT)).toEqual({
    name: 'kvm',
    reason: 'the firmware ran on it',
  });
});

test.for([
  [
    'aborts',
    'kvm does not work: QEMU was ended by SIGABRT: qemu: error: failed to set MSR 0x10a to 0x400000000',
  ],
  ['exits', 'kvm does not work: QEMU exited with 1: qemu: failed to initialize kvm: Device or resource busy'],
  ['stops', 'kvm does not work: QEMU stopped the machine: internal-error'],
] as const)('takes emulation when QEMU %s, and says why', async ([cpu, reason]) => {
  await using dir = await workDir();
  const host = await hostIn(dir.path);
  expect(await probeAccelerator(wish({ cpu }), host, PATIENT)).toEqual({ name: 'tcg', reason });
});

test('takes emulation when the firmware stands still', async () => {
  await using dir = await workDir();
  const host = await hostIn(dir.path);
  expect(await probeAccelerator(wish({ cpu: 'silent' }), host, { patience: '100ms' })).toEqual({
    name: 'tcg',
    reason: 'kvm does not work: the firmware printed nothing within 100ms',
  });
});

test('KVM that was asked for and is broken is an error with the evidence', async () => {
  await using dir = await workDir();
  const host = await hostIn(dir.path);
  const failure = await probeAccelerator(wish({ accelerator: 'kvm', cpu: 'aborts' }), host, PATIENT).catch(
    (error: unknown) => error,
  );
  expect(failure).toBeInstanceOf(LaunchError);
  expect(failure).toMatchObject({ fault: 'lab', exitCode: null, signal: 'SIGABRT' });
  expect(String(failure)).toMatchInlineSnapshot(`
    "LaunchError: accelerator kvm was asked for and does not work: QEMU was ended by SIGABRT
    qemu: error: failed to set MSR 0x10a to 0x400000000
    accelerator: 'auto' takes emulation where nothing better works"
  `);
});

test('the answer is remembered until the host starts anew, per version, CPU model and machine', async () => {
  await using dir = await workDir();
  const host = await hostIn(dir.path);
  let proofs = 0;
  const firmware = async () => {
    proofs += 1;
    return FIRMWARE;
  };
  const counting = { ...host, firmware };
  const first = await probeAccelerator(wish({ cpu: 'works' }), counting, PATIENT);
  const second = await probeAccelerator(wish({ cpu: 'works' }), counting, PATIENT);
  expect(proofs).toBe(1);
  expect(second.name).toBe(first.name);
  expect(second.reason).toMatch(/^the firmware ran on it \(remembered in .*\.json\)$/);
  await probeAccelerator(wish({ cpu: 'works' }), { ...counting, bootId: 'boot-2' }, PATIENT);
  await probeAccelerator(wish({ cpu: 'stops' }), counting, PATIENT);
  await probeAccelerator(wish({ cpu: 'works', machine: 'pc-q35-7.2' }), counting, PATIENT);
  const newer = { ...counting, qemu: { ...counting.qemu, version: '10.0.0' } };
  await probeAccelerator(wish({ cpu: 'works' }), newer, PATIENT);
  expect(proofs).toBe(5);
});

test('nothing is remembered of a host that does not tell when it started', async () => {
  await using dir = await workDir();
  const host = await hostIn(dir.path, { bootId: undefined });
  await probeAccelerator(wish({ cpu: 'works' }), host, PATIENT);
  const key = {
    bootId: undefined,
    binary: FAKE,
    version: '7.2.22',
    accelerator: 'kvm',
    machine: 'q35',
    cpu: 'works',
  };
  await expect(readFile(verdictPath(dir.path, key))).rejects.toThrow('ENOENT');
});

test('a memory that was damaged is asked for anew', async () => {
  await using dir = await workDir();
  const host = await hostIn(dir.path);
  await probeAccelerator(wish({ cpu: 'stops' }), host, PATIENT);
  const key = {
    bootId: 'boot-1',
    binary: FAKE,
    version: '7.2.22',
    accelerator: 'kvm',
    machine: 'q35',
    cpu: 'stops',
  };
  await writeFile(verdictPath(dir.path, key), '{');
  const { reason } = await probeAccelerator(wish({ cpu: 'stops' }), host, PATIENT);
  expect(reason).toBe('kvm does not work: QEMU stopped the machine: internal-error');
});

test('a caller who gives up gets his own reason, and nothing is remembered', async () => {
  await using dir = await workDir();
  const host = await hostIn(dir.path);
  const reason = new Error('enough');
  const given = { ...PATIENT, signal: AbortSignal.abort(reason) };
  await expect(probeAccelerator(wish({ cpu: 'silent' }), host, given)).rejects.toBe(reason);
  const after = await probeAccelerator(wish({ cpu: 'silent' }), host, { patience: '50ms' });
  expect(after.reason).not.toContain('remembered');
});

test('what need not be tried is not', async () => {
  await using dir = await workDir();
  const host = await hostIn(dir.path, { firmware: () => Promise.reject(new Error('asked for')) });
  const reasonOf = async (input: QemuConfigInput, facts: Partial<AcceleratorHost> = {}) =>
    (await probeAccelerator(wish(input), { ...host, ...facts }, PATIENT)).reason;
  expect(await reasonOf({ accelerator: 'tcg' })).toBe('it was asked for');
  expect(await reasonOf({ arch: 'aarch64' })).toBe('the guest is aarch64, the host x86_64');
  expect(await reasonOf({}, { platform: 'freebsd' })).toBe('there is no accelerator for freebsd');
  expect(await reasonOf({}, { kvmDevice: '/nowhere/kvm' })).toBe(
    'kvm does not work: there is no /nowhere/kvm',
  );
  const qemu = { ...host.qemu, binary: '/opt/qemu', accelerators: new Set(['tcg']) };
  expect(await reasonOf({}, { qemu })).toBe('kvm does not work: /opt/qemu was built without it');
});

test('without firmware nothing is proven, nor remembered', async () => {
  await using dir = await workDir();
  const firmware = () => Promise.reject(new Error('the server answered 404\nInstall ovmf.'));
  const host = await hostIn(dir.path, { firmware });
  expect(await probeAccelerator(wish({ cpu: 'works' }), host, PATIENT)).toEqual({
    name: 'tcg',
    reason: 'kvm does not work: there is no firmware to prove it with: the server answered 404',
  });
  const later = { ...host, firmware: async () => FIRMWARE };
  expect((await probeAccelerator(wish({ cpu: 'works' }), later, PATIENT)).name).toBe('kvm');
});

test('what cannot be here is a mistake of the configuration', async () => {
  await using dir = await workDir();
  const host = await hostIn(dir.path);
  const kvmOnArm = probeAccelerator(wish({ accelerator: 'kvm', arch: 'aarch64' }), host);
  await expect(kvmOnArm).rejects.toThrowErrorMatchingInlineSnapshot(`
    [ConfigError: qemu: the configuration is wrong
      accelerator: got "kvm"; the guest is aarch64, the host x86_64; allowed: auto, tcg]
  `);
  await expect(
    probeAccelerator(wish({ accelerator: 'hvf' }), host),
  ).rejects.toThrowErrorMatchingInlineSnapshot(`
    [ConfigError: qemu: the configuration is wrong
      accelerator: got "hvf"; linux has no hvf; allowed: auto, tcg]
  `);
});

test('on a Mac it is HVF that must prove itself', async () => {
  await using dir = await workDir();
  const qemu = (await hostIn(dir.path)).qemu;
  const mac = { platform: 'darwin', qemu: { ...qemu, accelerators: new Set(['hvf', 'tcg']) } } as const;
  const host = await hostIn(dir.path, { ...mac, kvmDevice: '/nowhere' });
  expect((await probeAccelerator(wish({ cpu: 'works' }), host, PATIENT)).name).toBe('hvf');
});
