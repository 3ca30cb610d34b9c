import { connectSocket, networkUrl } from '../std/index.ts';
import { openDevice } from './device.ts';
import { type OpenPort, type PortSettings, unsupported, withoutEnd } from './port.ts';
import { openRfc2217 } from './rfc2217.ts';
import type { SerialAddress } from './serial-url.ts';

/** Ports that are shared: a loop is not one. */
export type PortAddress = Exclude<SerialAddress, { kind: 'loop' }>;

/** Opens a port. @throws UnreachableError when it is not there, is in use, or its server does not answer. */
export function openPort(
  address: PortAddress,
  settings: PortSettings,
  signal: AbortSignal,
): Promise<OpenPort> {
  switch (address.kind) {
    case 'device':
      return openDevice(address.path, settings, signal);
    case 'socket':
      return openSocket(address.host, address.port, signal);
    case 'rfc2217':
      return openRfc2217(address, settings, signal);
  }
}

/** What a port is called in errors. */
export function nameOf(address: PortAddress): string {
  if (address.kind === 'device') return address.path;
  return networkUrl(address.kind, address.host, address.port);
}

async function openSocket(host: string, port: number, signal: AbortSignal): Promise<OpenPort> {
  const target = networkUrl('socket', host, port);
  const channel = await connectSocket({ host, port }, target, signal);
  return { ...withoutEnd(channel), set: async (line) => unsupported(target, line) };
}
