import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { afterAll, beforeAll, vi } from 'vitest';
import { qemu } from '../../../src/drivers/qemu/index.ts';
import { serve, sessionOf } from '../../../src/index.ts';
import {
  type Client,
  Console,
  Display,
  ImageFlasher,
  type Interface,
  Machine,
  VirtualPower,
} from '../../../src/interfaces/index.ts';
import { describeConsole } from '../../conformance/console.ts';
import { describeDisplay } from '../../conformance/display.ts';
import { describeImageFlasher } from '../../conformance/image-flasher.ts';
import { describeMachine } from '../../conformance/machine.ts';
import { specimenOf } from '../../conformance/specimen.ts';
import { describeVirtualPower } from '../../conformance/virtual-power.ts';
import { bootSector } from '../../fixtures/boot-sector.ts';
import { readUntil } from './test-machine.ts';

/** The interfaces of a machine, on a real QEMU with the guest that fits into a boot sector. */
let home: string;

beforeAll(async () => {
  home = await mkdtemp(join(tmpdir(), 'jumplead-conformance-'));
  await chmod(home, 0o711);
  await writeFile(join(home, 'boot.img'), Buffer.concat([bootSector(), Buffer.alloc(2 ** 20)]));
  vi.stubEnv('XDG_STATE_HOME', join(home, 'state'));
  vi.stubEnv('XDG_CACHE_HOME', join(home, 'cache'));
});
afterAll(async () => {
  vi.unstubAllEnvs();
  await rm(home, { recursive: true });
});

/** A served machine; `node` is the one that is put to the test. Its guest is at work if `isOn`. */
async function serveMachine<I extends Interface>(
  node: { readonly path: string; readonly contract: I },
  isOn: boolean,
) {
  const driver = qemu({
    arch: 'x86_64',
    firmware: 'bios',
    memory: '64MiB',
    accelerator: 'tcg',
    cloudInit: false,
    partitions: { root: join(home, 'boot.img') },
  });
  const tree = await serve(driver, { log: pino({ level: 'silent' }) });
  const callsOf = <C extends Interface>(path: string, contract: C): Client<C> => {
    const remote = sessionOf(tree).node(path, contract);
    if (!remote) throw new Error(`the machine has no ${path}`);
    return remote.calls;
  };
  const power = callsOf('power', VirtualPower);
  const console = callsOf('console', Console);
  const qemuProcess = watchProcess(callsOf('', Machine));
  if (isOn) {
    await power.on();
    await guestReady(console);
  }
  const specimen = await specimenOf(tree, driver, node, {
    breakDevice: () => qemuProcess.kill(),
    settle: () => power.off({ mode: 'forced' }),
  });
  return { specimen, power, console };
}

/** Resolves when the guest has booted. Before that, its power button does nothing. */
async function guestReady(console: Client<typeof Console>): Promise<void> {
  await using channel = await console.connect({ from: 'boot' });
  await readUntil(channel, 'ready\r\n');
}

/** Keeps in mind which process the machine is. */
function watchProcess(machine: Client<typeof Machine>) {
  let pid: number | undefined;
  const watch = async () => {
    for await (const { event, data } of machine.events()) {
      if (event === 'POWER_ON') pid = Number(data['pid']);
      if (event === 'EXIT') pid = undefined;
    }
  };
  watch().catch(() => undefined);
  return { kill: () => void (pid === undefined || process.kill(pid, 'SIGKILL')) };
}

/** Makes the guest print a line: it echoes what it hears. */
async function say(console: Client<typeof Console>, line: string): Promise<void> {
  await using channel = await console.connect({ from: 'now' });
  await channel.write(Buffer.from(`${line}\r\n`));
  await readUntil(channel, `${line}\r\n`);
}

const titled = (node: string) => `the ${node} of a real machine`;

describeVirtualPower(titled('power'), async () => {
  const { specimen, console } = await serveMachine({ path: 'power', contract: VirtualPower }, false);
  const on: typeof specimen.calls.on = async (options) => {
    await specimen.calls.on(options);
    await guestReady(console);
    return null;
  };
  return { ...specimen, calls: { ...specimen.calls, on } };
});

describeConsole(titled('console'), async () => {
  const { specimen, power, console } = await serveMachine({ path: 'console', contract: Console }, true);
  return {
    ...specimen,
    settle: undefined,
    say: (line) => say(console, line),
    reboot: async () => {
      await power.cycle({ mode: 'forced' });
      await guestReady(console);
    },
  };
});

describeImageFlasher(titled('flasher'), async () => {
  const { specimen, power } = await serveMachine({ path: 'flasher', contract: ImageFlasher }, false);
  return { ...specimen, switchOn: async () => void (await power.on()) };
});

describeDisplay(titled('screen'), async () => {
  const { specimen } = await serveMachine({ path: 'vnc', contract: Display }, true);
  return { ...specimen, settle: undefined };
});

describeMachine(titled('whole'), async () => {
  const { specimen, power } = await serveMachine({ path: '', contract: Machine }, false);
  return { ...specimen, switchOn: async () => void (await power.on()) };
});
