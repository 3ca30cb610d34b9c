import { device, option, pciDevice, SLOTS } from './options.ts';
import type { Circumstances, Piece } from './types.ts';

/** Randomness for the guest. */
export function randomness(): Piece {
  const source = option('rng-builtin', { id: 'entropy' });
  return { args: ['-object', source, ...pciDevice('rng', 'virtio-rng-pci', SLOTS.rng, { rng: 'entropy' })] };
}

/** By which a guest's kernel says that it panicked. */
export function panicDevice(): Piece {
  return { args: pciDevice('pvpanic', 'pvpanic-pci', SLOTS.pvpanic) };
}

/** By which a guest learns that it has become another machine; not every QEMU has it for every architecture. */
export function generationId({ host }: Circumstances): Piece {
  return { args: host.qemu.devices.has('vmgenid') ? device('vmgenid', { id: 'vmgenid', guid: 'auto' }) : [] };
}
