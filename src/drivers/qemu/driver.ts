import { type Driver, parseConfig } from '../../driver/index.ts';
import {
  Console,
  Display,
  ImageFlasher,
  type Interface,
  Machine,
  type Rig,
  Ssh,
  TcpNetwork,
  VirtualPower,
} from '../../interfaces/index.ts';
import { effectiveForwards, QemuConfig, type QemuConfigInput } from './config.ts';
import { openMachine } from './open-machine.ts';

const leaf = <I extends Interface>(contract: I): Rig<I, Record<never, never>> => ({
  interface: contract,
  children: {},
});

const power = leaf(VirtualPower);
const flasher = leaf(ImageFlasher);
const console = leaf(Console);
const vnc = leaf(Display);
const ssh = leaf(Ssh);
const forward = leaf(TcpNetwork);

type Always = {
  readonly power: typeof power;
  readonly flasher: typeof flasher;
  readonly console: typeof console;
};
type Screen<C> = C extends { readonly display: 'none' } ? unknown : { readonly vnc: typeof vnc };
type Forwards<C> = C extends { readonly forwards: infer F }
  ? string extends keyof F
    ? unknown
    : { readonly [K in keyof F]: typeof forward }
  : unknown;
type Network<C> = C extends { readonly network: 'none' }
  ? unknown
  : Forwards<C> &
      (C extends { readonly forwards: { readonly ssh: object } } ? unknown : { readonly ssh: typeof ssh });

/** The children of a machine with the configuration `C`: no `vnc` without a display, no `ssh` without a network. */
export type QemuChildren<C> = Flat<Always & Screen<C> & Network<C>>;
type Flat<T> = { readonly [K in keyof T]: T[K] extends Rig ? T[K] : never };

/** What `connect` expects of a machine with screen and network that somebody else serves. */
export const qemuRig = {
  interface: Machine,
  children: { power, flasher, console, vnc, ssh },
} as const satisfies Rig;

/**
 * A virtual machine.
 *
 * Nothing is started until a session opens it; then QEMU, firmware and accelerator are looked for, and `image` is flashed.
 * The machine is off at first and ends with its session.
 *
 * @throws ConfigError that names every field that is wrong.
 */
export function qemu<const C extends QemuConfigInput = Record<never, never>>(
  input?: C,
): Driver<typeof Machine, QemuChildren<C>> {
  const config = parseConfig(QemuConfig, input ?? {}, 'qemu');
  return {
    name: 'qemu',
    origin: { type: 'qemu', config },
    interface: Machine,
    children: childrenOf(config) as QemuChildren<C>, // SAFE: the type says of C what childrenOf does with it
    open: (context) => openMachine(config, context),
  };
}

function childrenOf(config: QemuConfig): Record<string, Rig> {
  const forwards = Object.keys(effectiveForwards(config)).map((name) => [
    name,
    isOurSsh(config, name) ? ssh : forward,
  ]);
  return {
    power,
    flasher,
    console,
    ...(config.display !== 'none' && { vnc }),
    ...Object.fromEntries(forwards),
  };
}

const isOurSsh = ({ forwards }: QemuConfig, name: string) => name === 'ssh' && !forwards['ssh'];
