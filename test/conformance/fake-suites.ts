import type { Duration } from '../../src/core/index.ts';
import type { Driver } from '../../src/driver/index.ts';
import {
  fakeConsole,
  fakeDisplay,
  fakeFlasher,
  fakeImageFlasher,
  fakeMachine,
  fakeMessageNetwork,
  fakeNetwork,
  fakePower,
  fakeSerial,
  fakeShell,
  fakeSsh,
  fakeStorageMux,
  fakeVirtualPower,
} from '../../src/drivers/fake/index.ts';
import {
  Console,
  Display,
  Flasher,
  ImageFlasher,
  type Interface,
  Machine,
  MessageNetwork,
  MeteredPower,
  Network,
  Serial,
  Shell,
  Ssh,
  StorageMux,
  VirtualPower,
} from '../../src/interfaces/index.ts';
import { agentChecks } from './agent.ts';
import { type Check, describeChecks, passes } from './check.ts';
import { consoleChecks } from './console.ts';
import { displayChecks } from './display.ts';
import { flasherChecks } from './flasher.ts';
import { imageFlasherChecks } from './image-flasher.ts';
import { machineChecks } from './machine.ts';
import { messageNetworkChecks, networkChecks } from './network.ts';
import { meteredPowerChecks } from './power.ts';
import { serialChecks } from './serial.ts';
import { shellChecks } from './shell.ts';
import { serveFake } from './specimen.ts';
import { sshChecks } from './ssh.ts';
import { storageMuxChecks } from './storage-mux.ts';
import { virtualPowerChecks } from './virtual-power.ts';

/** Makes a driver worse, or leaves it as it is. */
export type Tamper = <D extends Driver>(driver: D) => D;

/** An interface's checks, on its fake. */
export interface FakeSuite {
  readonly contract: Interface;
  describe(): void;
  /** Whether one of the checks does not pass, within `timeout`, once the fake was tampered with. */
  finds(tamper: Tamper, timeout: Duration, among?: (name: string) => boolean): Promise<boolean>;
}

function suite<S extends AsyncDisposable>(
  contract: Interface,
  checks: readonly Check<S>[],
  open: (tamper: Tamper) => Promise<S>,
): FakeSuite {
  return {
    contract,
    describe: () => describeChecks(`the fake of ${contract.id}`, checks, () => open((driver) => driver)),
    finds: async (tamper, timeout, among = () => true) => {
      for (const check of checks.filter(({ name }) => among(name))) {
        if (!(await passes(check, () => open(tamper), timeout))) return true;
      }
      return false;
    },
  };
}

/** One suite for each interface that has a fake. */
export const fakeSuites: readonly FakeSuite[] = [
  suite(MeteredPower, meteredPowerChecks, async (tamper) => {
    const power = fakePower();
    return { ...(await serveFake(power, tamper(power))), isOn: () => power.device.isOn };
  }),
  suite(VirtualPower, virtualPowerChecks, async (tamper) => {
    const power = fakeVirtualPower();
    return serveFake(power, tamper(power));
  }),
  suite(Console, consoleChecks, async (tamper) => {
    const console = fakeConsole();
    return {
      ...(await serveFake(console, tamper(console))),
      say: (line) => console.device.print(`${line}\r\n`),
      reboot: () => console.device.powerOn(),
    };
  }),
  suite(Serial, serialChecks, async (tamper) => {
    const serial = fakeSerial();
    return { ...(await serveFake(serial, tamper(serial))), lines: () => serial.device };
  }),
  suite(Network, networkChecks, async (tamper) => {
    const network = fakeNetwork();
    return serveFake(network, tamper(network));
  }),
  suite(MessageNetwork, messageNetworkChecks, async (tamper) => {
    const network = fakeMessageNetwork();
    return serveFake(network, tamper(network));
  }),
  suite(Flasher, flasherChecks, async (tamper) => {
    const flasher = fakeFlasher();
    return serveFake(flasher, tamper(flasher));
  }),
  suite(ImageFlasher, imageFlasherChecks, async (tamper) => {
    const power = fakeVirtualPower().device;
    const flasher = fakeImageFlasher({ power });
    return { ...(await serveFake(flasher, tamper(flasher))), switchOn: () => power.enter('running') };
  }),
  suite(StorageMux, storageMuxChecks, async (tamper) => {
    const mux = fakeStorageMux();
    return { ...(await serveFake(mux, tamper(mux))), side: () => mux.device.side };
  }),
  suite(Display, displayChecks, async (tamper) => {
    const display = fakeDisplay();
    return serveFake(display, tamper(display));
  }),
  suite(Shell, shellChecks, async (tamper) => {
    const shell = fakeShell({
      methods: {
        greet: ({ args, env }) => ({
          stdout: `hello ${args[0]} from ${env['WHO']}\n`,
          stderr: 'bye\n',
          exitCode: 3,
        }),
      },
    });
    return serveFake(shell, tamper(shell));
  }),
  suite(Ssh, sshChecks, async (tamper) => {
    const ssh = fakeSsh();
    return serveFake(ssh, tamper(ssh));
  }),
  suite(Machine, [...machineChecks, ...agentChecks], async (tamper) => {
    const machine = fakeMachine();
    return {
      ...(await serveFake(machine, tamper(machine))),
      switchOn: () => machine.children.power.device.enter('running'),
      diskSize: () => machine.device.diskSize,
      guestTime: () => machine.device.time?.getTime() ?? 0,
    };
  }),
];
