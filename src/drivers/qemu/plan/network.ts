import { effectiveForwards, type QemuConfig } from '../config.ts';
import { option, pciDevice, SLOTS } from './options.ts';
import type { Circumstances, MachineFiles, Piece, PlannedForward } from './types.ts';

/** The forwards in effect. Who starts from another machine has free ports: that one may still have its own. */
export function plannedForwards(
  config: QemuConfig,
  { origin }: Pick<MachineFiles, 'origin'>,
): PlannedForward[] {
  return Object.entries(effectiveForwards(config)).map(([name, { hostAddress, hostPort, guestPort }]) => ({
    name,
    host: hostAddress,
    hostPort: origin ? 0 : hostPort,
    guestPort,
  }));
}

/** The network card, on a network of its own within QEMU. */
export function network({ config, files }: Circumstances): Piece {
  if (config.network === 'none') return { args: [] };
  const netdev = option('user', { id: 'net', ...(config.network === 'isolated' && { restrict: true }) });
  const forwards = plannedForwards(config, files).map(
    ({ host, hostPort, guestPort }) =>
      `hostfwd=tcp:${host}:${hostPort}-${files.origin?.guestAddress ?? ''}:${guestPort}`,
  );
  // Without a boot ROM: it is another package, and nothing boots from this network.
  const card = pciDevice('net', 'virtio-net-pci', SLOTS.net, { netdev: 'net', mac: files.mac, romfile: '' });
  return { args: ['-netdev', [netdev, ...forwards].join(','), ...card] };
}
