import { effectiveForwards, type QemuConfig } from '../config.ts';
import { option, pciDevice, SLOTS } from './options.ts';
import type { Circumstances, Piece, PlannedForward } from './types.ts';

/** The forwards in effect. */
export function plannedForwards(config: QemuConfig): PlannedForward[] {
  return Object.entries(effectiveForwards(config)).map(([name, { hostAddress, hostPort, guestPort }]) => ({
    name,
    host: hostAddress,
    hostPort,
    guestPort,
  }));
}

/** The network card, on a network of its own within QEMU. */
export function network({ config, files }: Circumstances): Piece {
  if (config.network === 'none') return { args: [] };
  const netdev = option('user', { id: 'net', ...(config.network === 'isolated' && { restrict: true }) });
  const forwards = plannedForwards(config).map(
    ({ host, hostPort, guestPort }) => `hostfwd=tcp:${host}:${hostPort}-:${guestPort}`,
  );
  // Without a boot ROM: it is another package, and nothing boots from this network.
  const card = pciDevice('net', 'virtio-net-pci', SLOTS.net, { netdev: 'net', mac: files.mac, romfile: '' });
  return { args: ['-netdev', [netdev, ...forwards].join(','), ...card] };
}
