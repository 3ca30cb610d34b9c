import { z } from 'zod';
import { arg, call, channel, defineInterface } from './contract.ts';

const about = {
  pythonClient: 'jumpstarter_driver_pyserial.client.PySerialClient',
  category: 'serial',
} as const;

/**
 * Where a reader starts. `next` (the default on the wire): at the power-on for the first reader since then, later where the
 * wire's readers had got to. `boot`: at the last power-on. `now`: with what comes next. A number: that offset in bytes since
 * recording began.
 */
export const ConsoleStart = z.union([z.enum(['next', 'boot', 'now']), z.int().min(0)]);
export type ConsoleStart = z.output<typeof ConsoleStart>;

export const ConsoleOptions = z.strictObject({
  from: ConsoleStart.default('next'),
  /** Takes the turn to write from whoever has it. */
  takeOver: z.boolean().default(false),
  /** Whether the next reader `from: 'next'` goes on where this one ends. Default: when it is `from: 'next'` itself. */
  counts: z.boolean().optional(),
  /**
   * What becomes of the stream when the machine stands still, after a panic for one. `end` (default): it ends with that error.
   * `stay`: it goes on with what comes after a reset, and ends only with the power; its reader follows the machine's `faults`.
   */
  faults: z.enum(['end', 'stay']).optional(),
});

/** What the recorder knows. Offsets count bytes since recording began; `boot` is that of the last power-on. */
export const ConsoleStatus = z.object({
  offset: z.number(),
  /** The first that is still there: a transcript has a limit. */
  oldest: z.number(),
  boot: z.number(),
  /** Whether the machine has gone on since then from a saved state: a prompt that it shows may have come before. */
  resumed: z.boolean().optional(),
  /** Where the next reader `from: 'next'` starts. */
  next: z.number().optional(),
  /** Who may write now, if anybody. */
  writer: z.string().nullable(),
  /** The file in which the console is recorded, on the exporter's host. */
  transcript: z.string().nullable(),
});
export type ConsoleStatus = z.output<typeof ConsoleStatus>;

/**
 * A console that is recorded from its first byte, whether or not somebody looks.
 *
 * Any number of streams read, each at its own pace; a slow reader slows neither the device nor another reader. Who writes
 * first holds the turn until it ends its direction; another that writes meanwhile is ended with a BusyError.
 */
export const Console = defineInterface('console.v1', about, {
  connect: channel('The console as a byte stream', ConsoleOptions),
  close: call('End every open stream of the console', { returns: z.null(), idempotent: true }),
  status: call('Offsets, the writer and the transcript', { returns: ConsoleStatus, idempotent: true }),
});

/**
 * A serial port with its control lines.
 *
 * Streams that are open at the same time read the same, and what each writes goes out chunk by chunk. A line has no end: after
 * `end` the other direction goes on, unless the port is a loop. `close` ends the streams of all; a later one opens the port again.
 */
export const Serial = defineInterface('serial.v1', about, {
  connect: channel('The port as a byte stream'),
  close: call('Close the port, ending every open stream', { returns: z.null(), idempotent: true }),
  setDtr: call('Set the line DTR', {
    args: [arg('value', z.boolean())],
    returns: z.null(),
    idempotent: true,
  }),
  setRts: call('Set the line RTS', {
    args: [arg('value', z.boolean())],
    returns: z.null(),
    idempotent: true,
  }),
});
