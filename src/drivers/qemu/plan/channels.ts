import { DESCRIPTORS } from '../descriptors.ts';
import { device, option, pciDevice, SLOTS } from './options.ts';
import type { Circumstances, Piece } from './types.ts';

/** QMP, over an inherited socket. */
export function qmp(): Piece {
  const socket = option('socket', { id: 'qmp', fd: DESCRIPTORS.qmp });
  return { args: ['-chardev', socket, '-mon', option('', { chardev: 'qmp', mode: 'control' })] };
}

/** The serial console, on standard input and output; the latter is a file, to which it appends. */
export function console(): Piece {
  return {
    args: ['-chardev', option('stdio', { id: 'console', signal: false }), '-serial', 'chardev:console'],
  };
}

/** The port of the guest agent, over an inherited socket. */
export function agent(): Piece {
  const port = { id: 'agent', bus: 'serial.0', nr: 1, chardev: 'agent', name: 'org.qemu.guest_agent.0' };
  return {
    args: [
      ...['-chardev', option('socket', { id: 'agent', fd: DESCRIPTORS.agent })],
      ...pciDevice('serial', 'virtio-serial-pci', SLOTS.serial),
      ...device('virtserialport', port),
    ],
  };
}

/**
 * What a BIOS tells of its work (SeaBIOS's debug port), over an inherited socket: what it prints is on the screen alone. It could
 * print on the serial port as well, but then it takes what is typed there.
 */
export function firmwareLog({ host }: Circumstances): Piece {
  if (host.firmware.kind !== 'bios') return { args: [] };
  const socket = option('socket', { id: 'firmware', fd: DESCRIPTORS.firmware });
  const port = { id: 'firmwarelog', chardev: 'firmware', iobase: '0x402' };
  return { args: ['-chardev', socket, ...device('isa-debugcon', port)] };
}
