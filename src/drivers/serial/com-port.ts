import type { Line } from './port.ts';
import { Option, subnegotiation } from './telnet.ts';

/** What a client tells the server of a port (RFC 2217); the server answers with the same number and 100. */
export const ComPort = {
  baudrate: 1,
  dataSize: 2,
  parity: 3,
  stopSize: 4,
  control: 5,
  suspend: 8,
  resume: 9,
} as const;
export type ComPortCommand = (typeof ComPort)[keyof typeof ComPort];

/** The difference between what is asked and its answer. */
export const ANSWER = 100;

/** Values of `control`. */
export const Control = { noFlowControl: 1, dtrOn: 8, dtrOff: 9, rtsOn: 11, rtsOff: 12 } as const;

/** A setting, and the bytes that say it. */
export interface ComPortSetting {
  readonly command: ComPortCommand;
  readonly value: readonly number[];
  /** For people. */
  readonly what: string;
}

/** How a port is set up: 8 bits, no parity, one stop bit, as everywhere. */
export function portSettings(baudrate: number): ComPortSetting[] {
  const bytes = [24, 16, 8, 0].map((shift) => (baudrate >>> shift) & 0xff);
  return [
    { command: ComPort.baudrate, value: bytes, what: `a speed of ${baudrate}` },
    { command: ComPort.dataSize, value: [8], what: '8 bits' },
    { command: ComPort.parity, value: [1], what: 'no parity' },
    { command: ComPort.stopSize, value: [1], what: 'one stop bit' },
  ];
}

/** No flow control, in which many servers are not to be moved. */
export const NO_FLOW_CONTROL: ComPortSetting = {
  command: ComPort.control,
  value: [Control.noFlowControl],
  what: 'no flow control',
};

/** A control line. */
export function lineSetting(line: Line, on: boolean): ComPortSetting {
  const value = line === 'dtr' ? [Control.dtrOff, Control.dtrOn] : [Control.rtsOff, Control.rtsOn];
  return {
    command: ComPort.control,
    value: [value[on ? 1 : 0] ?? 0],
    what: `${line.toUpperCase()} ${on ? 'on' : 'off'}`,
  };
}

/** The setting as a client sends it. */
export function request({ command, value }: ComPortSetting): Uint8Array {
  return subnegotiation(Option.comPort, [command, ...value]);
}
