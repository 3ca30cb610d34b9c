import { UnsupportedError } from '../../core/index.ts';
import type { ByteChannel } from '../../interfaces/index.ts';
import { connectSocket, networkUrl } from '../std/index.ts';
import { openDevice } from './device.ts';
import { openRfc2217 } from './rfc2217.ts';
import type { SerialAddress } from './serial-url.ts';

/** The control lines that this side of a serial port sets. */
export type Line = 'dtr' | 'rts';

/** A serial port that is open. To `end` it has no meaning: a line has no end. */
export interface OpenPort extends ByteChannel {
  /** @throws UnsupportedError where the port has no such lines. */
  set(line: Line, value: boolean): Promise<void>;
}

/** How a port is opened. */
export interface PortSettings {
  readonly baudrate: number;
  /** Keeps the lines as they are when the port is closed: a board that resets with DTR does not. */
  readonly disableHupcl: boolean;
}

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

/** The same channel, whose own direction has no end. */
export function withoutEnd(channel: ByteChannel): ByteChannel {
  return {
    write: (chunk) => channel.write(chunk),
    end: async () => undefined,
    [Symbol.asyncIterator]: () => channel[Symbol.asyncIterator](),
    [Symbol.asyncDispose]: () => channel[Symbol.asyncDispose]().then(),
  };
}

/** @throws UnsupportedError always */
export function unsupported(target: string, line: Line, cause?: unknown): never {
  const message = `${target}: this port has no line ${line.toUpperCase()}`;
  throw new UnsupportedError(message, { capability: line, available: [] }, { cause });
}
