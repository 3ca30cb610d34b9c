import { UnsupportedError } from '../../../core/index.ts';
import {
  type CallContext,
  type DriverNode,
  type Offer,
  type OfferedSession,
  parseConfig,
} from '../../../driver/index.ts';
import { Machine, type MachineDescription } from '../../../interfaces/index.ts';
import type { Pools } from '../../std/index.ts';
import { QemuConfig } from '../config.ts';
import type { VirtualMachine } from '../machine/machine.ts';
import type { Equipment } from '../prepare.ts';
import type { Fork } from '../snapshots/fork-start.ts';
import type { Snapshots } from '../snapshots/snapshots.ts';
import { agentHandlers } from './agent.ts';

export interface MachineAbilities {
  readonly describe: (signal: AbortSignal) => Promise<MachineDescription>;
  readonly snapshots: Pick<Snapshots<MachineFork>, 'save' | 'list' | 'restore' | 'delete' | 'fork' | 'end'>;
  /** The forks that are kept ready. */
  readonly pools: Pick<Pools, 'methods'>;
  /** Serves a fork, where that is possible. */
  readonly offer: Offer | undefined;
  /** How forks are served, by their names. */
  readonly sessions: Map<string, OfferedSession>;
}

/** A fork as it is served. */
export interface MachineFork extends Fork {
  readonly node: DriverNode<typeof Machine>;
  /** How long the steps of its start took, in milliseconds. */
  readonly steps: Readonly<Record<string, number>>;
  /** Renews in its guest what is its parent's. */
  renew(context: CallContext): Promise<void>;
  /** The digests of what was flashed, by partition. */
  contents(signal: AbortSignal): Promise<Readonly<Record<string, string>>>;
}

const NOT_STARTED = { name: '', steps: {} };

/** The machine as a whole. */
export function machineNode(
  machine: VirtualMachine,
  { config, password, sizes }: Pick<Equipment, 'config' | 'password' | 'sizes'>,
  { describe, snapshots, pools, offer, sessions }: MachineAbilities,
  children: DriverNode['children'],
): DriverNode<typeof Machine> {
  const check = (change: Partial<QemuConfig>) =>
    void parseConfig(QemuConfig, { ...config, ...change }, 'qemu');
  const close = async (fork: MachineFork) => {
    await snapshots.end(fork);
    sessions.delete(fork.name);
  };
  const renew = async (fork: MachineFork, context: CallContext) => {
    try {
      await fork.renew(context);
    } catch (error) {
      await snapshots.end(fork);
      throw error;
    }
  };
  return {
    interface: Machine,
    children,
    handlers: {
      getHostname: async () => config.hostname,
      getUsername: async () => config.username,
      getPassword: async () => password,
      setDiskSize: async (diskSize, context) => {
        check({ diskSize });
        await machine.dropResting('set_disk_size', context);
        sizes.diskSize = diskSize;
        return null;
      },
      setMemorySize: async (memory, context) => {
        check({ memory });
        await machine.dropResting('set_memory_size', context);
        sizes.memory = memory;
        return null;
      },
      describe: ({ signal }) => describe(signal),
      ...agentHandlers(machine),
      events: ({ signal }) => machine.events(signal),
      faults: ({ signal }) => machine.faults(signal),
      snapshotSave: (name, options, context) => snapshots.save(name, context, { ahead: options?.ahead }),
      snapshotList: () => snapshots.list(),
      snapshotRestore: async (name, context) => {
        await snapshots.restore(name, context);
        return null;
      },
      snapshotDelete: async (name) => {
        await snapshots.delete(name);
        return null;
      },
      fork: async (options, context) => {
        if (!offer)
          throw new UnsupportedError('forks are not served here', { capability: 'fork', available: [] });
        let started: Pick<MachineFork, 'name' | 'steps'> = NOT_STARTED;
        const session = await offer(async (own) => {
          const fork = await snapshots.fork(options?.from, { offer: own, context, stage: 'running' });
          started = fork;
          if (options?.renew) await renew(fork, context);
          return { name: fork.name, root: { ...fork.node, close: () => close(fork) } };
        }, context.peer);
        const { name, steps } = started;
        const { driver, localToken } = session;
        sessions.set(name, session);
        return { name, driver, token: context.peer.local ? localToken : null, steps };
      },
      ...pools.methods,
      forkEnd: async (name) => {
        await sessions.get(name)?.end();
        return null;
      },
    },
  };
}
