import { type DriverNode, parseConfig } from '../../../driver/index.ts';
import { Machine, type MachineDescription } from '../../../interfaces/index.ts';
import { QemuConfig } from '../config.ts';
import type { VirtualMachine } from '../machine/machine.ts';
import type { Equipment } from '../prepare.ts';
import { agentHandlers } from './agent.ts';

/** The machine as a whole. */
export function machineNode(
  machine: VirtualMachine,
  { config, password, sizes }: Pick<Equipment, 'config' | 'password' | 'sizes'>,
  describe: (signal: AbortSignal) => Promise<MachineDescription>,
  children: DriverNode['children'],
): DriverNode<typeof Machine> {
  const check = (change: Partial<QemuConfig>) =>
    void parseConfig(QemuConfig, { ...config, ...change }, 'qemu');
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
    },
  };
}
