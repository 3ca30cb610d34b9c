import { type Address, type Connected, connect, type OpenFork, sessionOf } from 'jumplead';
import { type Client, type Interface, Machine, type Rig } from 'jumplead/interfaces';
import { joined, type Specimen, specimenOf } from '../conformance/specimen.ts';
import { findProcesses } from './processes.ts';

/** What forks are made of: a machine that was saved. */
export interface Saved<R extends Rig> {
  readonly vm: { readonly openFork: OpenFork };
  /** What it is connected as, and so are its forks. */
  readonly rig: R;
}

/** A fork, to which connections can be made as often as one likes. Disposing of it ends it. */
export interface ReachableFork<R extends Rig> extends AsyncDisposable {
  readonly vm: Connected<R>;
  readonly rig: R;
  readonly address: Address;
}

/** A fork of what a machine was when it was saved as `from`. */
export async function openReachableFork<R extends Rig>(
  { vm: parent, rig }: Saved<R>,
  from: string,
): Promise<ReachableFork<R>> {
  const { name, connect: duplex } = await parent.openFork({ from });
  const address = { name, duplex };
  const vm = await connect(address, rig);
  return {
    ...{ vm, rig, address },
    [Symbol.asyncDispose]: async () => {
      await sessionOf(vm).close();
      await sessionOf(parent).node('', Machine)?.calls.forkEnd(name);
    },
  };
}

/** A part of a fork, put to the test. */
export async function forkSpecimen<I extends Interface, R extends Rig>(
  parent: Saved<R>,
  from: string,
  node: { readonly path: string; readonly contract: I },
): Promise<Specimen<Client<I>>> {
  const fork = await openReachableFork(parent, from);
  const control = { breakDevice: () => killQemu(fork.vm) };
  return joined(await specimenOf(fork.vm, fork.rig, node, control, fork.address), fork);
}

/** Kills what runs a machine, if it is on: nobody else has its disk at that place. */
export async function killQemu(vm: object): Promise<void> {
  const about = await sessionOf(vm).node('', Machine)?.calls.describe();
  const disk = about?.command.find((word) => word.startsWith('{"node-name":"root"'));
  const [pid] = disk === undefined ? [] : await findProcesses(disk);
  if (pid !== undefined) process.kill(pid, 'SIGKILL');
}
