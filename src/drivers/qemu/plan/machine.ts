import { CapacityError, formatSize, leash, parseSize } from '../../../core/index.ts';
import type { QemuConfig } from '../config.ts';
import { DESCRIPTORS } from '../descriptors.ts';
import type { HostFacts } from '../host-facts.ts';
import { option } from './options.ts';
import type { Circumstances, MemoryPlace, NewMemory, Piece } from './types.ts';

const MIB = 2 ** 20;

/** The machine type in effect. */
export const machineType = ({ config, architecture }: Circumstances): string =>
  config.machine ?? architecture.machine;

/** The CPU model in effect. */
export const cpuModel = ({ config, host, architecture }: Circumstances): string =>
  config.cpu ?? architecture.cpu[host.accelerator.name];

/** Name, board, accelerator and CPUs. */
export function board(about: Circumstances): Piece {
  const { config, host, files, architecture } = about;
  const properties = architecture.machineProperties[host.accelerator.name];
  return {
    args: [
      ...['-name', option('', { guest: config.hostname, 'debug-threads': true })],
      ...['-uuid', files.uuid],
      ...['-machine', [machineType(about), 'memory-backend=mem', ...flash(about), ...properties].join(',')],
      ...['-accel', accelerator(about)],
      ...['-cpu', cpuModel(about)],
      ...['-smp', option('', { cpus: config.cpus, sockets: 1, cores: config.cpus, threads: 1 })],
    ],
  };
}

/** The flash devices of UEFI; their block nodes come with the firmware. */
const flash = ({ host }: Circumstances) =>
  host.firmware.kind === 'uefi' ? ['pflash0=firmware', 'pflash1=nvram'] : [];

function accelerator({ config, host }: Circumstances): string {
  if (host.accelerator.name !== 'tcg') return host.accelerator.name;
  return option('tcg', { thread: 'multi', 'tb-size': parseSize(config.tbSize) / MIB });
}

/**
 * The guest's memory: an inherited file. It is shared, so that it can be saved by copying what is in it; that of an origin is
 * mapped privately, so that what the guest writes stays its own.
 */
export function memory({ config, host, files }: Circumstances): Piece {
  const size = `${parseSize(config.memory) / MIB}M`;
  const descriptors = host.platform === 'linux' ? '/proc/self/fd' : '/dev/fd';
  const path = `${descriptors}/${DESCRIPTORS.memory}`;
  const backend = { id: 'mem', size, 'mem-path': path, share: files.origin === undefined };
  return { args: ['-m', `size=${size}`, '-object', option('memory-backend-file', backend)] };
}

/** The first place with room for the guest's memory: where it runs out later, the guest dies of a bus error. */
export function chooseMemoryPlace(
  config: Pick<QemuConfig, 'memory'>,
  places: readonly MemoryPlace[],
): NewMemory {
  const needed = parseSize(config.memory);
  const place = places.find(({ free }) => free >= needed);
  if (place) return { folder: place.folder, bytes: needed };
  const found = places.map(({ folder, free }) => `${folder} has ${formatSize(free)}`).join(', ');
  const message = `no room for the guest's memory of ${formatSize(needed)}: ${found || 'there is no place for it'}`;
  throw new CapacityError(message, { needed, free: Math.max(0, ...places.map(({ free }) => free)) });
}

/** How QEMU behaves: paused at first, without anything nobody asked for, and keeping a guest that panicked. */
export function behaviour({ host, files }: Circumstances): Piece {
  const sandbox = option('on', {
    obsolete: 'deny',
    elevateprivileges: 'deny',
    spawn: 'deny',
    resourcecontrol: 'deny',
  });
  return {
    args: [
      ...['-S', '-no-user-config', '-nodefaults'],
      ...(files.origin ? ['-incoming', 'defer'] : []),
      ...['-rtc', 'base=utc'],
      ...['-action', option('', { panic: 'pause', reboot: 'reset', shutdown: 'poweroff' })],
      ...(host.qemu.sandbox ? ['-sandbox', sandbox] : []),
    ],
  };
}

/** What QEMU is started through: it dies with us, where we are root it runs as somebody else, and its files are for nobody else. */
export function wrapper({ setpriv, user }: Pick<HostFacts, 'setpriv' | 'user'>): string[] {
  const groups = user?.groups.length ? ['--groups', user.groups.join(',')] : ['--clear-groups'];
  const identity = user ? ['--reuid', String(user.uid), '--regid', String(user.gid), ...groups] : [];
  return leash(setpriv, { identity, umask: '077' });
}
