/** The main job by our client, on the stock exporter's QEMU driver: the same Debian on the same firmware. */
import { mkdtempDisposable, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { connect, defineRig } from 'jumplead';
import { buildImage } from 'jumplead/images';
import { Console, ImageFlasher, Machine, Network, Ssh, VirtualPower } from 'jumplead/interfaces';
import { expect, test } from 'vitest';
import { selfSigned } from '../exporter/self-signed.ts';
import { closedPort } from '../interop/closed-port.ts';
import { startPython } from '../interop/matrix/exporters.ts';
import { openPythonEnv } from '../interop/python-env.ts';

const rig = defineRig({
  vm: defineRig(Machine, {
    power: VirtualPower,
    flasher: ImageFlasher,
    console: Console,
    vnc: Network,
    ssh: Ssh,
  }),
});

test('flashes, boots, logs in, makes permissive and runs ssh on what a stock Python exporter serves', async () => {
  await using stack = new AsyncDisposableStack();
  const { path: folder } = stack.use(await mkdtempDisposable(join(tmpdir(), 'jumplead-python-exporter-')));
  const certificate = await selfSigned();
  await writeFile(join(folder, 'cert.pem'), certificate.cert);
  await writeFile(join(folder, 'key.pem'), certificate.key);
  const lab = { folder, stack, python: await openPythonEnv(), certificate, passphrase: 'open sesame' };
  const { unix } = await startPython(
    {
      vm: {
        type: 'jumpstarter_driver_qemu.driver.Qemu',
        config: {
          // With two, an emulated guest may lose the timer of one, and waits for ever.
          ...{ arch: 'x86_64', smp: 1, mem: '1G', cpu: 'max' },
          default_partitions: {
            'OVMF_CODE.fd': '/usr/share/OVMF/OVMF_CODE.fd',
            'OVMF_VARS.fd': '/usr/share/OVMF/OVMF_VARS.fd',
          },
          hostfwd: { ssh: { hostport: await closedPort(), guestport: 22 } },
        },
      },
    },
    lab,
  );
  const { vm } = stack.use(await connect(unix.address, rig));
  await vm.flasher.flash(await buildImage({ name: 'debian-12', arch: 'x86_64' }));
  await vm.power.on();
  await using tty = await vm.console.open();
  await using screen = await vm.display.connect();
  for await (const greeting of screen) {
    expect(Buffer.from(greeting).toString()).toMatch(/^RFB 003\.\d{3}\n/);
    break;
  }
  await tty.login(vm.credentials, { timeout: '20m' });
  await tty.run('sudo setenforce 0');
  expect((await tty.run('sudo getenforce')).stdout.trim()).toBe('Permissive');
  const { stdout: release } = await tty.run('uname -r');
  expect(release).toMatch(/^\d+\.\d+\.\d+.*-amd64\n$/);
  await using remote = await vm.ssh.connect({ ...vm.credentials, timeout: '20m' });
  expect((await remote.run(['uname', '-r'])).stdout).toBe(release);
  await vm.power.off({ mode: 'forced' });
});
