import { join } from 'node:path';
import { configMistake } from '../config-mistake.ts';
import { device, option, pciDevice, SLOTS } from './options.ts';
import type { Circumstances, Piece } from './types.ts';

/** Where VNC listens. */
export const vncSocket = ({ files }: Circumstances): string => join(files.socketDir, 'vnc');

/** The display, shown by VNC on a socket that only we can reach. */
export function screen(about: Circumstances): Piece {
  return {
    args: ['-display', 'none', ...displayDevice(about), '-vnc', option(`unix:${escaped(vncSocket(about))}`)],
  };
}

const escaped = (path: string) => path.replaceAll(',', ',,');

function displayDevice({ config, host, architecture }: Circumstances): string[] {
  const name = config.display ?? architecture.display;
  if (name === 'none') return [];
  const kind = architecture.displayDevices[name];
  if (!host.qemu.devices.has(kind))
    throw configMistake('display', name, `${host.qemu.binary} (${host.qemu.version}) has no device ${kind}`);
  return pciDevice('display', kind, SLOTS.display);
}

/** Keyboard and tablet, so that what is typed and pointed at on the screen reaches the guest. */
export function input(): Piece {
  return {
    args: [
      ...pciDevice('usb', 'qemu-xhci', SLOTS.usb),
      ...device('usb-tablet', { id: 'tablet', bus: 'usb.0', port: 1 }),
      ...device('usb-kbd', { id: 'keyboard', bus: 'usb.0', port: 2 }),
    ],
  };
}
