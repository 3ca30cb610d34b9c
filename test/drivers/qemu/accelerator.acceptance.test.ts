import { mkdtempDisposable } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createLog } from '../../../src/core/index.ts';
import { hostArch } from '../../../src/drivers/qemu/architectures.ts';
import { QemuConfig } from '../../../src/drivers/qemu/config.ts';
import { gatherHost } from '../../../src/drivers/qemu/host.ts';

test('a host says which accelerator it takes and why, and the second time from memory', async () => {
  await using dir = await mkdtempDisposable(join(tmpdir(), 'jumplead-host-'));
  const config = QemuConfig.parse({ arch: hostArch() ?? 'x86_64' });
  const options = { log: createLog(), cacheDir: dir.path };
  const { accelerator } = await gatherHost(config, options);
  // Where KVM works it ran the firmware; where it does not, the reason is how it failed.
  expect(accelerator).toEqual(
    accelerator.name === 'tcg'
      ? { name: 'tcg', reason: expect.stringMatching(/^\w+ does not work: ./) }
      : { name: expect.stringMatching(/^(?:kvm|hvf)$/), reason: 'the firmware ran on it' },
  );
  expect((await gatherHost(config, options)).accelerator.name).toBe(accelerator.name);
});

test('each architecture finds its QEMU and its firmware', async () => {
  await using dir = await mkdtempDisposable(join(tmpdir(), 'jumplead-host-'));
  for (const arch of ['x86_64', 'aarch64'] as const) {
    const config = QemuConfig.parse({ arch, accelerator: 'tcg' });
    const host = await gatherHost(config, { log: createLog(), cacheDir: dir.path });
    expect(host.qemu.binary).toMatch(new RegExp(`qemu-system-${arch}$`));
    expect(host.qemu.devices).toContain('virtio-blk-pci');
    expect(host.qemu.accelerators).toContain('tcg');
    expect(host.firmware.kind).toBe('uefi');
  }
});
