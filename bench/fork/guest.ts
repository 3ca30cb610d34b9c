import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { buildImage, buildTinyGuest } from '../../src/images/index.ts';
import { type Monitors, openMonitors } from './monitors.ts';

/** Guests that can be measured, and how each is told of in the table. */
export const GUESTS = {
  tiny: 'Debian’s kernel with busybox, 256 MiB, no firmware, x86_64',
  '1GiB': 'Debian 12 on UEFI, 1 GiB, 2 CPUs, x86_64',
  '4GiB': 'Debian 12 on UEFI, 4 GiB, 2 CPUs, x86_64',
  aarch64: 'Debian 12 on UEFI, 1 GiB, 2 CPUs, aarch64',
} as const;
export type GuestName = keyof typeof GUESTS;

/** Our package, as it is installed. */
export type Package = Pick<typeof import('jumplead'), 'serve' | 'sessionOf'> &
  Pick<typeof import('jumplead/qemu'), 'qemu' | 'listBoots' | 'removeBoots'>;

export async function loadPackage(root: string): Promise<Package> {
  const own = await import(join(root, 'dist/index.js'));
  return { ...own, ...(await import(join(root, 'dist/drivers/qemu/index.js'))) };
}

/** A machine that has booted to a shell on its console, and was saved as `ready` then. */
export interface Guest extends AsyncDisposable {
  readonly name: GuestName;
  readonly vm: Awaited<ReturnType<typeof serveGuest>>;
  readonly monitors: Monitors;
  /** A folder of ours, which QEMU may enter. */
  readonly folder: string;
  readonly tty: Awaited<ReturnType<Guest['vm']['console']['open']>>;
  /** Seconds from `power.on` to the output of `uname -r`. */
  readonly cold: number;
  /** Whether it is the guest of which the goals speak. */
  readonly isMeasured: boolean;
}

const LONG = { timeout: '20m' } as const;
const PROMPT = 'root@tiny:~# ';

/** Boots a guest, cold: nobody has booted a machine with these arguments before. */
export async function openGuest(pkg: Package, name: GuestName, folder: string): Promise<Guest> {
  await using stack = new AsyncDisposableStack();
  await chmod(folder, 0o711);
  const monitors = stack.use(await openMonitors(folder));
  const vm = stack.use(await serveGuest(pkg, name, join(folder, 'artifacts'), monitors.args));
  const start = performance.now();
  await vm.power.on();
  const tty = stack.use(await vm.console.open({ from: 'boot' }));
  if (name === 'tiny') await tty.expect(PROMPT, LONG);
  else await tty.login({ ...vm.credentials, ...LONG });
  await tty.run('uname -r', LONG);
  const cold = (performance.now() - start) / 1_000;
  process.stderr.write(`${name}: booted in ${cold.toFixed(1)} s\n`);
  await vm.snapshots.save('ready');
  const held = stack.move();
  return {
    name,
    vm,
    monitors,
    folder,
    tty,
    cold,
    isMeasured: name === '1GiB',
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

async function serveGuest(
  { serve, qemu }: Package,
  name: GuestName,
  artifacts: string,
  args: readonly string[],
) {
  const extraArgs = [...args];
  if (name === 'tiny') {
    const tiny = await buildTinyGuest({ arch: 'x86_64' });
    const config = {
      arch: 'x86_64',
      memory: '256MiB',
      cloudInit: false,
      accelerator: 'tcg',
      diskSize: '64MiB',
      ...tiny,
      extraArgs,
    } as const;
    return await serve(qemu(config), { artifacts });
  }
  const arch = name === 'aarch64' ? 'aarch64' : 'x86_64';
  const memory = name === '4GiB' ? '4GiB' : '1GiB';
  const image = await buildImage({ name: 'debian-12', arch });
  return await serve(qemu({ arch, memory, cpus: 2, image, extraArgs }), { artifacts });
}
