import { mkdir, mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { describe, expect, onTestFinished, test, vi } from 'vitest';
import { runTool } from '../../../src/core/index.ts';
import { QemuConfig } from '../../../src/drivers/qemu/config.ts';
import { findFirmware } from '../../../src/drivers/qemu/firmware.ts';
import { descriptorFolders, findDescribedFirmware } from '../../../src/drivers/qemu/firmware-descriptors.ts';
import { surveyFirmware } from '../../../src/drivers/qemu/survey.ts';

const workDir = () => mkdtempDisposable(join(tmpdir(), 'jumplead-firmware-'));
const X86 = { arch: 'x86_64', machine: 'q35', qemuVersion: '7.2.22' } as const;

interface Description {
  readonly name: string;
  readonly features?: string[];
  readonly machines?: string[];
  readonly architecture?: string;
  readonly mapping?: object;
  readonly interfaces?: string[];
}

/** Writes descriptors with the files they speak of; a name may have a folder before it. */
async function describeIn(dir: string, ...descriptions: Description[]): Promise<void> {
  for (const each of descriptions) {
    const code = join(dir, `${each.name}.fd`);
    await mkdir(dirname(code), { recursive: true });
    await writeFile(code, '');
    const file = { filename: code, format: 'raw' };
    const descriptor = {
      description: each.name,
      'interface-types': each.interfaces ?? ['uefi'],
      mapping: { device: 'flash', executable: file, 'nvram-template': file, ...each.mapping },
      targets: [{ architecture: each.architecture ?? 'x86_64', machines: each.machines ?? ['pc-q35-*'] }],
      features: each.features ?? ['acpi-s3'],
      tags: [],
    };
    await writeFile(join(dir, `${each.name}.json`), JSON.stringify(descriptor));
  }
}

const chosen = async (folders: string[], target = X86 as Parameters<typeof findDescribedFirmware>[1]) =>
  (await findDescribedFirmware(folders, target))?.description;

describe('descriptors', () => {
  test('the first that fits, by file name', async () => {
    await using dir = await workDir();
    await describeIn(
      dir.path,
      { name: '60-plain' },
      { name: '50-plain' },
      { name: '40-arm', architecture: 'aarch64' },
    );
    expect(await chosen([dir.path])).toBe('50-plain');
  });

  test.for<[string, Partial<Description>]>([
    ['needs SMM', { features: ['requires-smm'] }],
    ['is for secure boot', { features: ['acpi-s3', 'secure-boot'] }],
    ['has enrolled keys', { features: ['enrolled-keys'] }],
    ['is a BIOS', { interfaces: ['bios'] }],
    ['is for another board', { machines: ['pc-i440fx-*'] }],
    ['is for another architecture', { architecture: 'aarch64' }],
    ['keeps no variables', { mapping: { mode: 'stateless' } }],
    ['has code and variables in one file', { mapping: { mode: 'combined' } }],
    ['is loaded into memory', { mapping: { device: 'memory', filename: '/x' } }],
    ['has no template', { mapping: { 'nvram-template': undefined } }],
    ['has a file that is not there', { mapping: { executable: { filename: '/nowhere', format: 'raw' } } }],
    ['has a format of its own', { mapping: { executable: { filename: '/etc/passwd', format: 'vmdk' } } }],
  ])('one that %s is passed over', async ([, why]) => {
    await using dir = await workDir();
    await describeIn(dir.path, { name: '10-unfit', ...why }, { name: '20-fit' });
    expect(await chosen([dir.path])).toBe('20-fit');
  });

  test('one that merely could be used with SEV is taken', async () => {
    await using dir = await workDir();
    await describeIn(dir.path, { name: '60-plain', features: ['acpi-s3', 'amd-sev', 'verbose-dynamic'] });
    expect(await chosen([dir.path])).toBe('60-plain');
  });

  test('a more important folder hides a file of the same name, and an empty file only hides', async () => {
    await using dir = await workDir();
    const [etc, usr] = [join(dir.path, 'etc'), join(dir.path, 'usr')];
    await describeIn(usr, { name: '50-a' }, { name: '60-b' }, { name: '70-c' });
    await describeIn(etc, { name: '60-b' });
    await writeFile(join(etc, '50-a.json'), '');
    const found = await findDescribedFirmware([etc, usr], X86);
    expect(found?.code.path).toBe(join(etc, '60-b.fd'));
  });

  test('what is no descriptor at all is passed over', async () => {
    await using dir = await workDir();
    await describeIn(dir.path, { name: '50-fit' });
    await writeFile(join(dir.path, '10-broken.json'), '{');
    await writeFile(join(dir.path, '20-list.json'), '[]');
    await writeFile(join(dir.path, 'README'), 'x');
    expect(await chosen(['/nowhere', dir.path])).toBe('50-fit');
    expect(await chosen(['/nowhere'])).toBeUndefined();
  });

  test('those with secure boot are told apart, for who wants to know what there is', async () => {
    await using dir = await workDir();
    await describeIn(
      join(dir.path, 'qemu', 'firmware'),
      { name: '10-enrolled', features: ['acpi-s3', 'enrolled-keys', 'requires-smm', 'secure-boot'] },
      { name: '20-not-enrolled', features: ['acpi-s3', 'requires-smm', 'secure-boot'] },
      { name: '30-plain' },
    );
    vi.stubEnv('XDG_CONFIG_HOME', dir.path);
    onTestFinished(() => void vi.unstubAllEnvs());
    const program = {
      binary: process.execPath,
      version: '7.2.22',
      sandbox: true,
      accelerators: new Set<string>(),
      devices: new Set<string>(),
    };
    const found = await surveyFirmware('x86_64', program, { cacheDir: dir.path });
    const own = found.filter(({ code }) => code.startsWith(dir.path));
    expect(
      own.map(({ description, secureBoot, enrolledKeys, plain }) => [
        description,
        secureBoot,
        enrolledKeys,
        plain,
      ]),
    ).toEqual([
      ['10-enrolled', true, true, false],
      ['20-not-enrolled', true, false, false],
      ['30-plain', false, false, true],
    ]);
  });

  test('machine types are compared by their versioned names', async () => {
    await using dir = await workDir();
    await describeIn(
      dir.path,
      { name: '10-old', machines: ['pc-q35-6.2'] },
      { name: '20-new', machines: ['pc-q35-7.2'] },
      { name: '30-virt', architecture: 'aarch64', machines: ['virt-*'] },
    );
    expect(await chosen([dir.path])).toBe('20-new');
    expect(await chosen([dir.path], { ...X86, machine: 'pc-q35-6.2' })).toBe('10-old');
    expect(await chosen([dir.path], { ...X86, arch: 'aarch64', machine: 'virt' })).toBe('30-virt');
  });

  test('the folders, the most important first', () => {
    const env = { HOME: '/home/a', XDG_CONFIG_HOME: '/conf' };
    expect(descriptorFolders(env, ['/opt/homebrew', '/usr', '/usr'])).toEqual([
      '/conf/qemu/firmware',
      '/etc/qemu/firmware',
      '/opt/homebrew/share/qemu/firmware',
      '/usr/share/qemu/firmware',
    ]);
    expect(descriptorFolders({ HOME: '/home/a' }, [])[0]).toBe('/home/a/.config/qemu/firmware');
    expect(descriptorFolders({}, [])).toEqual(['/etc/qemu/firmware']);
  });
});

describe('what the configuration asks for', () => {
  const options = { cacheDir: '/nowhere', qemuVersion: '7.2.22', prefixes: [], env: {} };

  test('BIOS, a kernel', async () => {
    const bios = QemuConfig.parse({ arch: 'x86_64', firmware: 'bios' });
    expect(await findFirmware(bios, options)).toEqual({ kind: 'bios', description: "SeaBIOS, QEMU's own" });
    const direct = QemuConfig.parse({ kernel: '/k' });
    expect(await findFirmware(direct, options)).toMatchObject({ kind: 'none' });
  });

  test('files of its own, whose format shows in their first bytes', async () => {
    await using dir = await workDir();
    const [code, vars] = [join(dir.path, 'code.qcow2'), join(dir.path, 'vars.fd')];
    await runTool('qemu-img', ['create', '-q', '-f', 'qcow2', code, '64M']);
    await writeFile(vars, Buffer.alloc(16));
    const config = QemuConfig.parse({ firmware: { code, vars } });
    expect(await findFirmware(config, options)).toEqual({
      kind: 'uefi',
      description: `UEFI, ${code}`,
      code: { path: code, format: 'qcow2' },
      vars: { path: vars, format: 'raw' },
    });
  });

  test('UEFI by a descriptor', async () => {
    await using dir = await workDir();
    await describeIn(join(dir.path, 'share/qemu/firmware'), { name: '60-plain' });
    const found = await findFirmware(QemuConfig.parse({ arch: 'x86_64' }), {
      ...options,
      prefixes: [dir.path],
    });
    // The host that runs this may have descriptors of its own in /etc, which go first.
    expect(found.kind).toBe('uefi');
  });
});
