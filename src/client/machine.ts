import type { ByteSize, WaitOptions } from '../core/index.ts';
import {
  type FaultNews,
  Machine,
  type MachineDescription,
  type MachineEvent,
  type PoolInfo,
} from '../interfaces/index.ts';
import { type AgentHandle, createAgent } from './agent.ts';
import { registerHandle } from './handles.ts';
import { requireExtended, requireOffered } from './missing.ts';
import type { RemoteNode } from './node.ts';
import { createKeepPool, createOpenClaim, type KeepPool, type OpenClaim } from './pool.ts';
import {
  createFork,
  createOpenFork,
  createSnapshots,
  type ForkMethod,
  type OpenFork,
  type SnapshotsHandle,
} from './snapshots.ts';

/** The user that was made in a guest. */
export interface Credentials {
  readonly username: string;
  readonly password: string;
}

/** A whole virtual machine; its parts are further properties of the same object. */
export interface MachineHandle {
  /** The user that was made in the guest. */
  readonly credentials: Credentials;
  /** The host name that was given to the guest. */
  readonly hostname: string;
  /** The agent in the guest. */
  readonly agent: AgentHandle;
  /** What was chosen for this machine, and why. */
  describe(options?: WaitOptions): Promise<MachineDescription>;
  /** What the machine does from now on, until the session ends or the caller stops iterating. */
  events(options?: WaitOptions): AsyncIterable<MachineEvent>;
  /**
   * What keeps the machine from what somebody waits for: how things are, then each fault, and `null` when one that lasted is
   * over.
   */
  faults(options?: WaitOptions): AsyncIterable<FaultNews>;
  /** Its saved states. */
  readonly snapshots: SnapshotsHandle;
  /** Starts other machines from this one. */
  readonly fork: ForkMethod;
  /** Starts another one for somebody else: `connect` gives connections to its session, for any client of the wire. */
  readonly openFork: OpenFork;
  /** Keeps forks of a snapshot ready, so that one is had within milliseconds. */
  readonly pool: KeepPool;
  /** Claims a machine of a pool for somebody else, as `openFork` starts one. */
  readonly openClaim: OpenClaim;
  /** How its pools are. */
  pools(options?: WaitOptions): Promise<PoolInfo[]>;
  /** How the pool `from`, or the only one, is: now, and whenever that changes. */
  followPool(from?: string, options?: WaitOptions): AsyncIterable<PoolInfo>;
  /** The size of the disk at the next power-on. */
  setDiskSize(size: ByteSize, options?: WaitOptions): Promise<void>;
  /** The memory at the next power-on. */
  setMemorySize(size: ByteSize, options?: WaitOptions): Promise<void>;
}

declare module './handles.ts' {
  interface HandleTypes {
    'machine.v1': MachineHandle;
  }
}

const STOCK_CALLS = ['get_hostname', 'get_username', 'get_password', 'set_disk_size', 'set_memory_size'];

async function createMachine(node: RemoteNode<typeof Machine>): Promise<MachineHandle> {
  const { calls } = node;
  const [hostname, username, password] = await Promise.all([
    calls.getHostname(),
    calls.getUsername(),
    calls.getPassword(),
  ]);
  return {
    hostname,
    credentials: { username, password },
    agent: createAgent(node, STOCK_CALLS),
    describe: async (options) => {
      requireExtended(node, 'describe', STOCK_CALLS);
      return calls.describe(options);
    },
    events: (options) => {
      requireExtended(node, 'events', STOCK_CALLS);
      return calls.events(options);
    },
    faults: (options) => {
      requireExtended(node, 'faults', STOCK_CALLS);
      return calls.faults(options);
    },
    snapshots: createSnapshots(node),
    fork: createFork(node),
    openFork: createOpenFork(node),
    pool: createKeepPool(node),
    openClaim: createOpenClaim(node),
    pools: async (options) => {
      requireOffered(node, 'poolList', 'pools', STOCK_CALLS);
      return await calls.poolList(options);
    },
    followPool: (from, options) => {
      requireOffered(node, 'poolFollow', 'followPool', STOCK_CALLS);
      return calls.poolFollow(from, options);
    },
    setDiskSize: async (size, options) => void (await calls.setDiskSize(size, options)),
    setMemorySize: async (size, options) => void (await calls.setMemorySize(size, options)),
  };
}

registerHandle(Machine, createMachine);
