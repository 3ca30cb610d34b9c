import { z } from 'zod';
import { DeviceError, type DeviceFailure } from '../core/index.ts';

/** What a console shows of a machine, so that waiting for it is in vain. */
export const CONSOLE_FAULT_EVENTS = [
  /** The guest's kernel has given up. */
  'GUEST_PANICKED',
  /** Something in the guest's kernel is broken; the guest may go on. */
  'GUEST_OOPS',
  /** The guest's kernel has killed a process for want of memory; the guest goes on. */
  'OUT_OF_MEMORY',
  /** The guest's system has not come up and waits for somebody to repair it. */
  'EMERGENCY_MODE',
  /** Firmware or boot loader have found nothing that they could start. */
  'NOTHING_TO_BOOT',
  /** The firmware waits for commands in its own shell. */
  'FIRMWARE_SHELL',
] as const;
export type ConsoleFaultEvent = (typeof CONSOLE_FAULT_EVENTS)[number];

/**
 * Each is the name of a machine event as well. `EXIT`: QEMU has ended without having been asked to. `BLOCK_IO_ERROR`: it could
 * not write to the host's disk, `INTERNAL_ERROR`: the accelerator could not go on; both have stopped the machine.
 */
export type FaultEvent = ConsoleFaultEvent | 'EXIT' | 'BLOCK_IO_ERROR' | 'INTERNAL_ERROR';

const text = z.string();

/** The fields of a `device` error on the wire; who reports one tells what he knows. */
export const DeviceFailureFields = z.object({
  event: text,
  /** The last lines of the console. */
  tail: text,
  detectedBy: text.optional(),
  /** ISO 8601. */
  since: text.optional(),
  stderr: text.optional(),
  exitCode: z.number().nullable().optional(),
  signal: text.nullable().optional(),
  command: text.optional(),
});

/** What keeps a machine from doing what somebody waits for. */
export const MachineFault = z.object({
  /** For people; evidence follows on further lines. */
  message: text,
  failure: DeviceFailureFields,
  /** Whether nothing more is to be expected until the machine is reset, resumed or switched on again. */
  lasts: z.boolean(),
  /** How much of the console had been recorded: what was printed before belongs to whoever waits for it. */
  offset: z.number(),
});
export type MachineFault = z.output<typeof MachineFault>;

/** A fault, or `null` when one that lasted is over. */
export const FaultNews = z.object({ fault: MachineFault.nullable() });
export type FaultNews = z.output<typeof FaultNews>;

/** No more lines of the console than these are in the text for people. */
const QUOTED_LINES = 15;

/** The text of a fault for people: what has happened, and the evidence. */
export function describeFault(what: string, failure: DeviceFailure): string {
  const { detectedBy, since, stderr, tail, command } = failure;
  const lines = tail.split(/\r*\n/).filter((line) => line.trim() !== '');
  return [
    `${what}; detected by ${detectedBy}, since ${since}`,
    ...(stderr ? [`QEMU said: ${stderr}`] : []),
    ...(lines.length > 0 ? ['last on the console:'] : ['the console has shown nothing']),
    ...lines.slice(-QUOTED_LINES).map((line) => `  | ${line.replaceAll(/[^\P{Cc}\t]/gu, '').trimEnd()}`),
    ...(command ? [`to start it by hand: ${command}`] : []),
  ].join('\n');
}

/** The error of somebody who waits, or wants to wait, for a machine with this fault. */
export function faultError(
  { message, failure }: Pick<MachineFault, 'message' | 'failure'>,
  about: { readonly operation?: string; readonly waitingFor?: string } = {},
): DeviceError {
  const { operation, waitingFor } = about;
  const [first = '', ...evidence] = message.split('\n');
  const prefix = operation === undefined ? '' : `${operation}: `;
  const vain = waitingFor === undefined ? '' : `; still waiting for ${waitingFor}`;
  const lines = [`${prefix}${first}${vain}`, ...evidence];
  return new DeviceError(lines.join('\n'), failure, operation === undefined ? {} : { operation });
}
