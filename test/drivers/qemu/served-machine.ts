import type { Driver } from '../../../src/driver/index.ts';
import { QemuConfig } from '../../../src/drivers/qemu/config.ts';
import { consoleNode } from '../../../src/drivers/qemu/nodes/console.ts';
import { sshNode } from '../../../src/drivers/qemu/nodes/forward.ts';
import { machineNode } from '../../../src/drivers/qemu/nodes/machine.ts';
import { powerNode } from '../../../src/drivers/qemu/nodes/power.ts';
import { Pools } from '../../../src/drivers/std/index.ts';
import { type Connected, serve } from '../../../src/index.ts';
import {
  Console,
  Machine,
  type MachineDescription,
  type Rig,
  Ssh,
  type SshIdentity,
  VirtualPower,
} from '../../../src/interfaces/index.ts';
import { caller, openTestMachine, type Program, type TestMachine } from './test-machine.ts';

const CHILDREN = {
  power: { interface: VirtualPower, children: {} },
  console: { interface: Console, children: {} },
  ssh: { interface: Ssh, children: {} },
} satisfies Rig['children'];

/** A machine of a test as its users have it: served, and used by typed handles. */
export interface ServedMachine extends AsyncDisposable {
  readonly vm: Connected<Driver<typeof Machine, typeof CHILDREN>>;
  readonly it: TestMachine;
}

const NOBODY: SshIdentity = { username: 'root', privateKey: null, password: 'none' };

/** Serves a machine; `identity` is who logs in by ssh. */
export async function serveTestMachine(
  program: Program,
  options: Parameters<typeof openTestMachine>[1] & { readonly identity?: SshIdentity } = {},
): Promise<ServedMachine> {
  await using stack = new AsyncDisposableStack();
  const it = stack.use(await openTestMachine(program, options));
  const { machine, console } = it;
  const children = {
    power: powerNode(machine),
    console: consoleNode(console),
    ssh: sshNode(machine, options.identity ?? NOBODY),
  };
  const equipment = { config: QemuConfig.parse({}), password: '', sizes: {} };
  const describe = async (): Promise<MachineDescription> => ({
    ...{
      arch: 'x86_64',
      machine: 'pc',
      cpu: 'qemu64',
      cpus: 1,
      memory: 0,
      firmware: 'bios',
      user: 'root',
      command: [],
    },
    ...{ accelerator: { name: 'tcg', reason: 'a test' }, forwards: {}, artifacts: it.folder },
  });
  const vm = stack.use(
    await serve(
      {
        name: 'test',
        interface: Machine,
        children: CHILDREN,
        open: async () => machineNode(machine, equipment, { describe, ...NO_FORKS }, children),
      },
      { log: caller().log },
    ),
  );
  const held = stack.move();
  return { vm, it, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** A machine of a bare command line has no plan that another could be started by. */
const none = async (): Promise<never> => {
  throw new Error('this machine of a test has no snapshots');
};
const NO_FORKS = {
  snapshots: { save: none, list: none, restore: none, delete: none, fork: none, end: none },
  pools: new Pools({
    ...{ check: none, open: none, onServed: none, onEnded: none },
    ...{ offer: undefined, log: caller().log },
  }),
  offer: undefined,
  sessions: new Map(),
};
