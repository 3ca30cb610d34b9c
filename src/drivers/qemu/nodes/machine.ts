import { UnsupportedError } from '../../../core/index.ts';
import { type DriverNode, type Offer, type OfferedSession, parseConfig } from '../../../driver/index.ts';
import { Machine, type MachineDescription } from '../../../interfaces/index.ts';
import { QemuConfig } from '../config.ts';
import type { VirtualMachine } from '../machine/machine.ts';
import type { Equipment } from '../prepare.ts';
import type { Fork, Snapshots } from '../snapshots/snapshots.ts';
import { agentHandlers } from './agent.ts';

export interface MachineAbilities {
  readonly describe: (signal: AbortSignal) => Promise<MachineDescription>;
  readonly snapshots: Pick<Snapshots<MachineFork>, 'save' | 'list' | 'restore' | 'delete' | 'fork' | 'end'>;
  /** Serves a fork, where that is possible. */
  readonly offer: Offer | undefined;
}

/** A fork as it is served. */
export interface MachineFork extends Fork {
  readonly node: DriverNode<typeof Machine>;
  /** How long the steps of its start took, in milliseconds. */
  readonly steps: Readonly<Record<string, number>>;
}

const NOT_STARTED = { name: '', steps: {} };

/** The machine as a whole. */
export function machineNode(
  machine: VirtualMachine,
  { config, password, sizes }: Pick<Equipment, 'config' | 'password' | 'sizes'>,
  { describe, snapshots, offer }: MachineAbilities,
  children: DriverNode['children'],
): DriverNode<typeof Machine> {
  const check = (change: Partial<QemuConfig>) =>
    void parseConfig(QemuConfig, { ...config, ...change }, 'qemu');
  const sessions = new Map<string, OfferedSession>();
  const close = async (fork: MachineFork) => {
    await snapshots.end(fork);
    sessions.delete(fork.name);
  };
  return {
    interface: Machine,
    children,
    handlers: {
      getHostname: async () => config.hostname,
      getUsername: async () => config.username,
      getPassword: async () => password,
      setDiskSize: async (diskSize) => {
        check({ diskSize });
        sizes.diskSize = diskSize;
        return null;
      },
      setMemorySize: async (memory) => {
        check({ memory });
        sizes.memory = memory;
        return null;
      },
      describe: ({ signal }) => describe(signal),
      ...agentHandlers(machine),
      events: ({ signal }) => machine.events(signal),
      faults: ({ signal }) => machine.faults(signal),
      snapshotSave: (name, context) => snapshots.save(name, context),
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
          return { name: fork.name, root: { ...fork.node, close: () => close(fork) } };
        }, context.peer);
        const { name, steps } = started;
        const { driver, localToken } = session;
        sessions.set(name, session);
        return { name, driver, token: context.peer.local ? localToken : null, steps };
      },
      forkEnd: async (name) => {
        await sessions.get(name)?.end();
        return null;
      },
    },
  };
}
