import type { ListedNode, NodeEntry } from './node-commands.ts';

/** The commands of each interface, by its id. */
const BY_INTERFACE: Readonly<Record<string, NodeEntry>> = {
  'composite.v1': { summary: 'a group of nodes' },
  'console.v1': {
    summary: 'the console: talk to it, or pass it on',
    load: async () => (await import('./nodes/console.ts')).consoleCommands,
  },
  'display.v1': {
    summary: 'the screen: look at it, take pictures',
    load: async () => (await import('./nodes/display.ts')).displayCommands,
  },
  'flasher.v1': {
    summary: 'write images, and read them back',
    load: async () => (await import('./nodes/flasher.ts')).flasherCommands,
  },
  'http-server.v1': {
    summary: 'files for devices, by HTTP',
    load: async () => (await import('./nodes/file-servers.ts')).httpServerCommands,
  },
  'image-flasher.v1': {
    summary: 'write images, and read them back',
    load: async () => (await import('./nodes/flasher.ts')).flasherCommands,
  },
  'machine.v1': {
    summary: 'a virtual machine',
    load: async () => (await import('./nodes/machine.ts')).machineCommands,
  },
  'message-network.v1': {
    summary: 'a port of the device that takes messages: forward it, or where it is',
    load: async () => (await import('./nodes/network.ts')).tcpNetworkCommands,
  },
  'metered-power.v1': {
    summary: 'the power, measured',
    load: async () => (await import('./nodes/power.ts')).meteredPowerCommands,
  },
  'network.v1': {
    summary: 'a port of the device: forward it',
    load: async () => (await import('./nodes/network.ts')).networkCommands,
  },
  'power.v1': {
    summary: 'the power',
    load: async () => (await import('./nodes/power.ts')).powerCommands,
  },
  'serial.v1': {
    summary: 'a serial port: talk to it, or pass it on',
    load: async () => (await import('./nodes/serial.ts')).serialCommands,
  },
  'shell.v1': {
    summary: "scripts of the exporter's host",
    load: async () => (await import('./nodes/shell.ts')).shellCommands,
  },
  'ssh.v1': {
    summary: 'the ssh server: log in, or run a command',
    load: async () => (await import('./nodes/ssh.ts')).sshCommands,
  },
  'ssh-wrapper.v1': {
    summary: 'log in by ssh, or run a command',
    load: async () => (await import('./nodes/ssh-wrapper.ts')).sshWrapperCommands,
  },
  'storage.v1': {
    summary: 'files and folders',
    load: async () => (await import('./nodes/storage.ts')).storageCommands,
  },
  'storage-mux-flasher.v1': {
    summary: 'a storage medium that is flashed as a whole',
    load: async () => (await import('./nodes/storage-mux.ts')).storageMuxFlasherCommands,
  },
  'storage-mux.v1': {
    summary: 'a storage medium between host and device',
    load: async () => (await import('./nodes/storage-mux.ts')).storageMuxCommands,
  },
  'tcp-network.v1': {
    summary: 'a port of the device: forward it, or where it is',
    load: async () => (await import('./nodes/network.ts')).tcpNetworkCommands,
  },
  'tftp-server.v1': {
    summary: 'files for devices, by TFTP',
    load: async () => (await import('./nodes/file-servers.ts')).tftpServerCommands,
  },
  'virtual-power.v1': {
    summary: 'the power of a virtual machine',
    load: async () => (await import('./nodes/virtual-power.ts')).virtualPowerCommands,
  },
  'vnc.v1': {
    summary: 'the screen: look at it',
    load: async () => (await import('./nodes/display.ts')).vncCommands,
  },
};

/** What `jl` offers for `node`; undefined for a node that it does not know. */
export function entryOf({ interface: contract }: Pick<ListedNode, 'interface'>): NodeEntry | undefined {
  return BY_INTERFACE[contract?.id ?? ''];
}
