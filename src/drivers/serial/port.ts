import { UnsupportedError } from '../../core/index.ts';
import type { ByteChannel } from '../../interfaces/index.ts';

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
