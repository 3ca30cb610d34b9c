import { z } from 'zod';
import { arg, call, defineInterface, stream } from './contract.ts';
import { DurationText } from './schemas.ts';

const about = { pythonClient: 'jumpstarter_driver_power.client.PowerClient', category: 'power' } as const;

/**
 * How to switch off. `graceful` asks the device (ACPI), waits until the deadline, and then insists; `forced` cuts the power.
 * Without options it is Jumpstarter's immediate off.
 */
export const OffOptions = z.strictObject({
  mode: z.enum(['graceful', 'forced']).default('graceful'),
  deadline: DurationText.optional(),
});

/** How it went off: `graceful` when the device did so itself, `forced` when it was insisted, `already` when it was off. */
export const OffResult = z.enum(['graceful', 'forced', 'already']);
export type OffResult = z.output<typeof OffResult>;

/** How it went on: it boots (`cold`), goes on from a boot that was `remembered`, or was on `already`. */
export const OnResult = z.enum(['cold', 'remembered', 'already']);
export type OnResult = z.output<typeof OnResult>;

/** How it went on is known of machines only. */
const on = call('Switch the power on', { returns: OnResult.nullable(), idempotent: true });

/** Switches a device on and off. `on` of a device that is on, and `off` of one that is off, do nothing. */
export const Power = defineInterface('power.v1', about, {
  on,
  off: call('Switch the power off', { returns: z.null(), idempotent: true }),
});

/** Volts and amperes. */
export const PowerReading = z.object({ voltage: z.number(), current: z.number() });
export type PowerReading = z.output<typeof PowerReading>;

/** A power switch that also measures. */
export const MeteredPower = defineInterface('metered-power.v1', about, {
  ...Power.methods,
  read: stream('Readings of voltage and current', { returns: PowerReading }),
});

/** `stuck`: the CPUs run, but firmware or system have given up; the machine's `faults` say why. */
export const PowerState = z.enum(['off', 'running', 'stuck', 'paused', 'panicked', 'io-error', 'shutdown']);
export type PowerState = z.output<typeof PowerState>;

/**
 * The power of a virtual machine.
 *
 * `on` resolves when the CPUs run, not when the guest is ready. `off` keeps what the guest wrote. State-changing calls are
 * one at a time: another one meanwhile is a BusyError, but a forced `off` pre-empts it and that call ends with a StateError.
 */
export const VirtualPower = defineInterface('virtual-power.v1', about, {
  on,
  off: call('Switch the power off', {
    args: [arg('options', OffOptions.nullish())],
    returns: OffResult.nullable(),
    idempotent: true,
  }),
  cycle: call('Switch off, then on', {
    args: [arg('options', OffOptions.nullish())],
    returns: OffResult.nullable(),
  }),
  reset: call('Reset the machine as its button does', { returns: z.null() }),
  pause: call('Stop the virtual CPUs', { returns: z.null(), idempotent: true }),
  resume: call('Let the virtual CPUs go on', { returns: z.null(), idempotent: true }),
  state: call('What the machine is doing', { returns: PowerState, idempotent: true }),
});
