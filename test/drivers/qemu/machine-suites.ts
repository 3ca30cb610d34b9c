import { pino } from 'pino';
import { type Address, type Connected, sessionOf } from '../../../src/client/index.ts';
import type { qemu } from '../../../src/drivers/qemu/index.ts';
import { serve } from '../../../src/index.ts';
import {
  type Client,
  Console,
  Display,
  ImageFlasher,
  type Interface,
  Machine,
  VirtualPower,
} from '../../../src/interfaces/index.ts';
import { type Check, describeChecks } from '../../conformance/check.ts';
import { describeConsole } from '../../conformance/console.ts';
import { describeDisplay } from '../../conformance/display.ts';
import { describeImageFlasher } from '../../conformance/image-flasher.ts';
import { machineChecks } from '../../conformance/machine.ts';
import { joined, specimenOf } from '../../conformance/specimen.ts';
import { describeVirtualPower } from '../../conformance/virtual-power.ts';
import { killQemu } from '../../support/fork-specimen.ts';
import { readUntil } from './test-machine.ts';

/** A machine with a screen and a network. */
type Rig = ReturnType<typeof qemu<Record<never, never>>>;

/** A machine that is put to the test. Disposing of it ends it. */
export interface Trial extends AsyncDisposable {
  readonly vm: Connected<Rig>;
  /** What it is connected as. */
  readonly rig: Rig;
  /** Where one more connection to it begins; what a session tells, unless it is given. */
  readonly address?: Address;
}

interface Node<I extends Interface> {
  readonly path: string;
  readonly contract: I;
}

/**
 * The suites of all parts of a machine but those that need a network in the guest. Its guest is the one of a boot sector.
 *
 * @param open Opens a machine for one check: one that is off, or, a fork, one that is at work.
 */
export function describeMachineSuites(title: string, open: () => Promise<Trial>): void {
  const titled = (part: string) => `the ${part} of ${title}`;
  const openNode = <I extends Interface>(node: Node<I>, isOn: boolean) => openPart(open, node, isOn);

  describeVirtualPower(titled('power'), async () => {
    const { specimen, console } = await openNode({ path: 'power', contract: VirtualPower }, false);
    const on: typeof specimen.calls.on = async (options) => {
      const result = await specimen.calls.on(options);
      await guestReady(console);
      return result;
    };
    return { ...specimen, calls: { ...specimen.calls, on } };
  });

  describeConsole(titled('console'), async () => {
    const { specimen, power, console } = await openNode({ path: 'console', contract: Console }, true);
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
    const { specimen, power } = await openNode({ path: 'flasher', contract: ImageFlasher }, false);
    return { ...specimen, switchOn: async () => void (await power.on()) };
  });

  describeDisplay(titled('screen'), async () => {
    const { specimen } = await openNode({ path: 'vnc', contract: Display }, true);
    return { ...specimen, settle: undefined };
  });

  const openWhole = async (isOn: boolean) => {
    const { specimen, power } = await openNode({ path: '', contract: Machine }, isOn);
    return { ...specimen, switchOn: async () => void (await power.on()) };
  };
  const [asItIs, off] = [
    machineChecks.filter(isOfSnapshots),
    machineChecks.filter((check) => !isOfSnapshots(check)),
  ];
  describeChecks(titled('whole'), off, () => openWhole(false));
  describeChecks(`the whole of ${title}, saved and forked`, asItIs, () => openWhole(true));
}

/** These are to be seen on a machine that runs: a fork that was off is one no more. */
const isOfSnapshots = ({ name }: Check<never>) => /^(?:snapshot|fork)/.test(name);

async function openPart<I extends Interface>(open: () => Promise<Trial>, node: Node<I>, isOn: boolean) {
  const trial = await open();
  const { vm, rig, address } = trial;
  const callsOf = <C extends Interface>(path: string, contract: C): Client<C> => {
    const remote = sessionOf(vm).node(path, contract);
    if (!remote) throw new Error(`the machine has no ${path}`);
    return remote.calls;
  };
  const power = callsOf('power', VirtualPower);
  const console = callsOf('console', Console);
  const was = await power.state();
  if (isOn && was === 'off') {
    await power.on();
    await guestReady(console);
  }
  if (!isOn && was !== 'off') await power.off({ mode: 'forced' });
  const control = {
    breakDevice: () => killQemu(vm),
    settle: () => power.off({ mode: 'forced' }),
  };
  const specimen = await specimenOf(vm, rig, node, control, address);
  return { specimen: joined(specimen, trial), power, console };
}

/** Resolves when the guest has booted. Before that, its power button does nothing. */
async function guestReady(console: Client<typeof Console>): Promise<void> {
  await using channel = await console.connect({ from: 'boot' });
  await readUntil(channel, 'ready\r\n');
}

/** Makes the guest print a line: it echoes what it hears. */
async function say(console: Client<typeof Console>, line: string): Promise<void> {
  await using channel = await console.connect({ from: 'now' });
  await channel.write(Buffer.from(`${line}\r\n`));
  await readUntil(channel, `${line}\r\n`);
}

/** A machine that is served here. */
export async function serveTrial(rig: Rig): Promise<Trial> {
  const vm = await serve(rig, { log: pino({ level: 'silent' }) });
  return { vm, rig, [Symbol.asyncDispose]: () => vm[Symbol.asyncDispose]().then() };
}
