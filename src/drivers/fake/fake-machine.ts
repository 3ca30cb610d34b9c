import { type Pace, parseSize } from '../../core/index.ts';
import type { DriverNode, OpenContext } from '../../driver/index.ts';
import {
  type AgentCommand,
  type AgentOutput,
  Machine,
  type MachineDescription,
  type PowerState,
} from '../../interfaces/index.ts';
import { Turn } from '../std/index.ts';
import { defineFake } from './define-fake.ts';
import { type FakeConsoleOptions, fakeConsole } from './fake-console.ts';
import type { Failures } from './fake-device.ts';
import { type FakeDisplayOptions, fakeDisplay } from './fake-display.ts';
import { type FakeImageFlasherOptions, fakeImageFlasher } from './fake-image-flasher.ts';
import { FakeMachineDevice } from './fake-machine-device.ts';
import { type FakeNetworkOptions, fakeNetwork } from './fake-network.ts';
import { type FakeState, fakeSnapshots } from './fake-snapshots.ts';
import { type FakeSshOptions, fakeSsh, playCommands } from './fake-ssh.ts';
import { type FakeVirtualPowerOptions, fakeVirtualPower } from './fake-virtual-power.ts';
import type { RunCommand } from './ssh-session.ts';

export interface FakeMachineOptions {
  readonly fail?: Failures<typeof Machine>;
  /** `fake` by default. */
  readonly hostname?: string;
  /** `user` by default. */
  readonly username?: string;
  readonly password?: string;
  /** Of each part; what the parts share is seen to. */
  readonly power?: Omit<FakeVirtualPowerOptions, 'turn'>;
  readonly flasher?: Omit<FakeImageFlasherOptions, 'turn' | 'power'>;
  readonly console?: FakeConsoleOptions;
  readonly display?: FakeDisplayOptions;
  readonly ssh?: Omit<FakeSshOptions, 'username' | 'password'>;
  /** How much more time than others it says that it needs. */
  readonly pace?: Pace;
  /** Ports of the guest that are reached from outside, by name. */
  readonly forwards?: Readonly<Record<string, FakeForward>>;
}

/** A port of the guest, and what answers there. */
export interface FakeForward extends FakeNetworkOptions {
  readonly guestPort: number;
}

type Forwards<O> = O extends { readonly forwards: infer F }
  ? { readonly [K in keyof F]: ReturnType<typeof fakeNetwork> }
  : unknown;

/**
 * A virtual machine made of fakes, in the shape of a real one: a console that greets at power-on, a screen, disks, an ssh
 * server. A test finds the device of a part at that part: `machine.children.power.device`.
 */
export function fakeMachine<const O extends FakeMachineOptions>(options?: O) {
  const { hostname = 'fake', username = 'user', password = 'fake-password', forwards = {} } = options ?? {};
  const pace = options?.pace;
  const turn = new Turn();
  const own = createParts(options ?? {}, hostname, { username, password }, turn);
  const networks = Object.entries(forwards).map(([name, forward]) => [name, fakeNetwork(forward)] as const);
  const children = { ...own, ...Object.fromEntries(networks) } as typeof own & Forwards<O>; // SAFE: by the same names
  const parts = [...Object.values(own), ...networks.map(([, network]) => network)].map(
    ({ device }) => device,
  );
  const device = new FakeMachineDevice(parts, options?.fail);
  const run = playCommands(options?.ssh?.commands);
  own.power.device.onChange = (state, before) => {
    if (before === 'off') own.console.device.powerOn();
    device.announce(EVENTS[state]);
  };
  device.become = ({ power, memory, diskSize }) => {
    Object.assign(device, { memory, diskSize });
    own.power.device.enter(power);
  };
  return defineFake({
    name: 'fake-machine',
    interface: Machine,
    device,
    children,
    gate: ({ method, context }, act) =>
      EXCLUSIVE.includes(method) ? turn.take(method, context, act) : act(context.signal),
    open: (_, context) => ({
      ...fakeSnapshots({
        state: () => ({ power: own.power.device.state, memory: device.memory, diskSize: device.diskSize }),
        become: (state) => device.become(state),
        open: (state, offer) => openAlike(options, state, { ...context, offer }),
        offer: context.offer,
        log: context.log,
      }),
      getHostname: async () => hostname,
      getUsername: async () => username,
      getPassword: async () => password,
      setDiskSize: async (size) => {
        device.diskSize = parseSize(size);
        return null;
      },
      setMemorySize: async (size) => {
        device.memory = parseSize(size);
        return null;
      },
      describe: async () => ({ ...describeMachine(device, forwards), ...(pace && { pace }) }),
      agentReady: async () => null,
      agentExec: (command) => playInGuest(run, command),
      agentSetTime: async (time) => {
        device.time = new Date(time ?? Date.now());
        return null;
      },
      events: ({ signal }) => device.events(signal),
      faults: ({ signal }) => device.faults(signal),
    }),
  });
}

/** The agent knows the same commands as the ssh server, by their words with a space between. */
async function* playInGuest(
  run: RunCommand,
  { command, input = '' }: AgentCommand,
): AsyncGenerator<AgentOutput> {
  const { stdout, stderr, exitCode = 0 } = run(command.join(' '), Buffer.from(input, 'base64').toString());
  if (stdout) yield { stdout: Buffer.from(stdout).toString('base64') };
  if (stderr) yield { stderr: Buffer.from(stderr).toString('base64') };
  yield { exitCode, signal: null, truncated: false };
}

/** Of these one at a time, and none while the power is switched or a disk is flashed. */
const EXCLUSIVE = ['snapshotSave', 'snapshotRestore'];

/** What QEMU says when a machine gets into a state. */
const EVENTS: Readonly<Record<PowerState, string>> = {
  off: 'SHUTDOWN',
  running: 'RESUME',
  stuck: 'EMERGENCY_MODE',
  paused: 'STOP',
  panicked: 'GUEST_PANICKED',
  'io-error': 'BLOCK_IO_ERROR',
  shutdown: 'SHUTDOWN',
};

function createParts(
  options: FakeMachineOptions,
  hostname: string,
  account: { username: string; password: string },
  turn: Turn,
) {
  const power = fakeVirtualPower({ ...options.power, turn });
  return {
    power,
    flasher: fakeImageFlasher({ ...options.flasher, turn, power: power.device }),
    console: fakeConsole({ greeting: `\r\n${hostname} login: `, ...options.console }),
    vnc: fakeDisplay(options.display),
    ssh: fakeSsh({ ...options.ssh, ...account }),
  };
}

function describeMachine(
  { memory }: FakeMachineDevice,
  forwards: Readonly<Record<string, FakeForward>>,
): MachineDescription {
  const described = Object.entries(forwards).map(([name, { guestPort }]) => [
    name,
    // Nobody listens there: who connects does so by the node.
    { host: '127.0.0.1', hostPort: 0, guestPort },
  ]);
  return {
    arch: 'x86_64',
    machine: 'fake',
    cpu: 'fake',
    cpus: 1,
    memory,
    accelerator: { name: 'fake', reason: 'nothing is run' },
    firmware: 'fake',
    user: 'as ourselves',
    command: [],
    forwards: Object.fromEntries(described),
    artifacts: null,
  };
}

/** Opens another machine of these options, in that state. */
async function openAlike(
  options: FakeMachineOptions | undefined,
  state: FakeState,
  context: OpenContext,
): Promise<DriverNode> {
  const fork = fakeMachine(options);
  fork.device.become(state);
  return await fork.open({ ...context, path: 'fork' });
}
