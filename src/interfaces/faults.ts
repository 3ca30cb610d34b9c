import { z } from 'zod';
import { DeviceError } from '../core/index.ts';

/** What may happen to a machine so that waiting for it is in vain. Each is the name of its machine event as well. */
export const FAULT_EVENTS = [
  /** QEMU has ended, without having been asked to. */
  'EXIT',
  /** The guest's kernel has given up. */
  'GUEST_PANICKED',
  /** QEMU could not write to the host's disk, and has stopped the machine. */
  'BLOCK_IO_ERROR',
  /** The accelerator cannot go on, and QEMU has stopped the machine. */
  'INTERNAL_ERROR',
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
export type FaultEvent = (typeof FAULT_EVENTS)[number];

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

/** The error of somebody who waited, or wants to wait, for a machine with this fault. */
export function faultError(
  { message, failure }: MachineFault,
  { operation, waitingFor }: { readonly operation: string; readonly waitingFor?: string | undefined },
): DeviceError {
  const [first = '', ...evidence] = message.split('\n');
  const vain = waitingFor === undefined ? '' : `; ${waitingFor} will not come`;
  const lines = [`${operation}: ${first}${vain}`, ...evidence];
  return new DeviceError(lines.join('\n'), failure, { operation });
}
