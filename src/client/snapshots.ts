import type { Duplex } from 'node:stream';
import { UnsupportedError, type WaitOptions } from '../core/index.ts';
import { type ForkAnswer, Machine, type Rig, type SnapshotInfo } from '../interfaces/index.ts';
import { duplexOf } from './duplex.ts';
import { requireOffered } from './missing.ts';
import type { RemoteNode } from './node.ts';
import { sessionOf } from './session.ts';

/** The saved states of a machine. They last as long as its session. */
export interface SnapshotsHandle {
  /** Saves the machine, which goes on with all its connections. */
  save(name: string, options?: SaveOptions): Promise<SnapshotInfo>;
  /** All of them, the oldest first. */
  list(options?: WaitOptions): Promise<SnapshotInfo[]>;
  /** Makes the machine what it was then: its memory, devices, disks and variables. Connections to it are lost. */
  restore(name: string, options?: WaitOptions): Promise<void>;
  /** Forgets a saved state. @throws BusyError with the names of the forks that live of it. */
  delete(name: string, options?: WaitOptions): Promise<void>;
}

/** How a machine is saved. */
export interface SaveOptions extends WaitOptions {
  /** How many forks are made ready before somebody asks for one, who has it at once. Each takes some 80 MiB; none by default. */
  readonly ahead?: number | undefined;
}

/** What a fork is to be. */
export interface ForkOptions extends WaitOptions {
  /** The snapshot to start from; without one the machine is saved as it is now, which takes longer. */
  readonly from?: string | undefined;
  /**
   * Has the guest renew what would be its parent's: machine-id, ssh host keys, MAC address and DHCP lease. That takes a guest agent, and
   * some seconds; `describe().fork.renewed` tells what there is now.
   */
  readonly renew?: boolean | undefined;
}

const requestOf = ({ from, renew }: ForkOptions) => ({
  ...(from !== undefined && { from }),
  ...(renew && { renew }),
});

/** A machine like the one it was forked from. Disposing of it ends it. */
export type Forked<Self> = Self & AsyncDisposable;

/** Starts other machines from this one. */
export interface ForkMethod {
  /**
   * Starts a machine that is what this one was: the same in all but its disks, its memory, its sockets and its host ports, which
   * are its own.
   */
  <Self extends object>(this: Self, options?: ForkOptions): Promise<Forked<Self>>;
  /** As many at once. */
  <Self extends object>(
    this: Self,
    options: ForkOptions & { readonly count: number },
  ): Promise<Forked<Self>[]>;
}

const STOCK = ['get_hostname', 'get_username', 'get_password', 'set_disk_size', 'set_memory_size'];

/** The saved states of the machine `node`. */
export function createSnapshots(node: RemoteNode<typeof Machine>): SnapshotsHandle {
  const { calls } = node;
  const check = (method: string) => requireOffered(node, 'snapshotSave', `snapshots.${method}`, STOCK);
  return {
    save: async (name, { ahead, ...options } = {}) => {
      check('save');
      return await calls.snapshotSave(name, ahead === undefined ? null : { ahead }, options);
    },
    list: async (options) => {
      check('list');
      return await calls.snapshotList(options);
    },
    restore: async (name, options) => {
      check('restore');
      await calls.snapshotRestore(name, options);
    },
    delete: async (name, options) => {
      check('delete');
      await calls.snapshotDelete(name, options);
    },
  };
}

/** How forks of the machine `node` are made. */
export function createFork(node: RemoteNode<typeof Machine>): ForkMethod {
  const fork = async (options: ForkOptions & { readonly count?: number } = {}) => {
    requireOffered(node, 'fork', 'fork', STOCK);
    if (options.count === undefined) return await forkOnce(node, options);
    await using stack = new AsyncDisposableStack();
    const one = async () => stack.use(await forkOnce(node, options));
    const forks = await Promise.all(Array.from({ length: options.count }, one));
    stack.move();
    return forks;
  };
  return fork as unknown as ForkMethod; // SAFE: it is what the rig of this handle says, which is what `Self` is
}

/** A fork without handles; it lives as long as one of the connections to its session. */
export interface ForkLine {
  readonly name: string;
  /** What another connection to the session of its parent finds it by. */
  readonly driver: string;
  /** Opens a connection to its session. The first must come within 30 seconds. */
  readonly connect: () => Promise<Duplex>;
}

/** Starts a fork and tells how it is reached. */
export type OpenFork = (options?: ForkOptions) => Promise<ForkLine>;

/** How forks of the machine `node` are made for somebody else. */
export function createOpenFork(node: RemoteNode<typeof Machine>): OpenFork {
  return async (options = {}) => {
    const { signal, timeout } = options;
    requireOffered(node, 'fork', 'openFork', STOCK);
    return lineOf(node, await node.calls.fork(requestOf(options), { signal, timeout }));
  };
}

/** How a fork that was started is reached. */
export function lineOf(
  node: RemoteNode<typeof Machine>,
  { name, driver }: Pick<ForkLine, 'name' | 'driver'>,
): ForkLine {
  return { name, driver, connect: async () => await openFork(node, { name, driver }) };
}

/** The line to a fork that was started through another connection to the session of `machine`. */
export function forkLine(machine: object, fork: Pick<ForkLine, 'name' | 'driver'>): ForkLine {
  const node = sessionOf(machine).node('', Machine);
  if (!node) throw new TypeError('forkLine: the root of this session is no machine');
  return lineOf(node, fork);
}

async function forkOnce(node: RemoteNode<typeof Machine>, options: ForkOptions): Promise<Forked<object>> {
  const { signal, timeout } = options;
  const { calls } = node;
  rigOf(node);
  const answer = await calls.fork(requestOf(options), { signal, timeout });
  return await connectFork(node, answer, { signal, timeout });
}

function rigOf({ rig }: RemoteNode<typeof Machine>): Rig {
  if (rig) return rig;
  throw new UnsupportedError('fork: nobody has said what this machine is: connect with a rig', {
    capability: 'fork',
    available: [],
  });
}

/** Connects to a fork that was started; disposing of it ends it. */
export async function connectFork(
  node: RemoteNode<typeof Machine>,
  answer: ForkAnswer,
  { signal, timeout }: WaitOptions,
): Promise<Forked<object>> {
  const rig = rigOf(node);
  // Loaded late: it is what makes the handles, this one among them.
  const { connect } = await import('./connect.ts');
  const address = { name: answer.name, duplex: () => openFork(node, answer) };
  const { artifacts } = node.session;
  // Whoever has ended a fork may take it for gone.
  const beneath = { [Symbol.asyncDispose]: () => endFork(node, answer.name) };
  const own = { beneath, ...(answer.token !== null && { localToken: answer.token }) };
  return await connect(address, rig, { artifacts, signal, timeout }, own);
}

async function openFork(
  { besides }: RemoteNode<typeof Machine>,
  { driver, name }: Pick<ForkAnswer, 'driver' | 'name'>,
) {
  return duplexOf(await besides(driver, name).open('connect'), { allowHalfOpen: true });
}

async function endFork({ calls, session }: RemoteNode<typeof Machine>, name: string): Promise<void> {
  // With the session its forks end as well.
  if (session.signal.aborted) return;
  await calls.forkEnd(name).catch((error) => {
    if (!session.signal.aborted) throw error;
  });
}
