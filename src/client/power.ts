import type { z } from 'zod';
import { type Duration, parseDuration, startDeadline, type WaitOptions } from '../core/index.ts';
import {
  MeteredPower,
  type OffOptions,
  type OffResult,
  type OnResult,
  Power,
  type PowerReading,
  type PowerState,
  VirtualPower,
} from '../interfaces/index.ts';
import { registerHandle } from './handles.ts';
import { requireExtended } from './missing.ts';
import type { RemoteNode } from './node.ts';
import { pause } from './pause.ts';

/** The power switch of a device. */
export interface PowerHandle {
  /** Switches on; does nothing to a device that is on. */
  on(options?: WaitOptions): Promise<void>;
  /** Switches off; does nothing to a device that is off. */
  off(options?: WaitOptions): Promise<void>;
  /** Switches off, waits (`'2s'`, so that the device has lost its charge), and switches on. */
  cycle(options?: WaitOptions & { readonly wait?: Duration }): Promise<void>;
}

/** A power switch that also measures. */
export interface MeteredPowerHandle extends PowerHandle {
  /** Readings as the device gives them, until it ends or the caller stops iterating. */
  read(options?: WaitOptions): AsyncIterable<PowerReading>;
}

/** How to switch a virtual machine off: see `OffOptions`. */
export type VirtualOffOptions = z.input<typeof OffOptions> & WaitOptions;

/** The power of a virtual machine. */
export interface VirtualPowerHandle {
  /**
   * Resolves when the virtual CPUs run, not when the guest is ready; says whether it boots or goes on from a boot that was remembered. A
   * stock Jumpstarter exporter always boots.
   */
  on(options?: WaitOptions): Promise<OnResult>;
  /**
   * Switches off, by default as its own system would; says how it went off. What the guest wrote is kept. A stock
   * Jumpstarter exporter only knows how to cut the power.
   */
  off(options?: VirtualOffOptions): Promise<OffResult>;
  /** Switches off as `off` does, then on. */
  cycle(options?: VirtualOffOptions): Promise<OffResult>;
  /** Presses the reset button. */
  reset(options?: WaitOptions): Promise<void>;
  /** Stops the virtual CPUs. */
  pause(options?: WaitOptions): Promise<void>;
  /** Lets stopped CPUs go on. */
  resume(options?: WaitOptions): Promise<void>;
  /** What the machine is doing. */
  state(options?: WaitOptions): Promise<PowerState>;
}

declare module './handles.ts' {
  interface HandleTypes {
    'power.v1': PowerHandle;
    'metered-power.v1': MeteredPowerHandle;
    'virtual-power.v1': VirtualPowerHandle;
  }
}

type Switch = RemoteNode<typeof Power> | RemoteNode<typeof MeteredPower>;

function createPower({ calls }: Switch): PowerHandle {
  return {
    on: async (options) => void (await calls.on(options)),
    off: async (options) => void (await calls.off(options)),
    cycle: async ({ wait = '2s', ...options } = {}) => {
      const milliseconds = parseDuration(wait);
      using deadline = startDeadline(options, {
        operation: 'power.cycle',
        waitingFor: 'the device to be on',
      });
      const { signal } = deadline;
      await calls.off({ signal });
      // Nothing tells when a device without power has lost its charge.
      await pause(milliseconds, signal);
      await calls.on({ signal });
    },
  };
}

function createMeteredPower(node: RemoteNode<typeof MeteredPower>): MeteredPowerHandle {
  return { ...createPower(node), read: (options) => node.calls.read(options) };
}

const STOCK_CALLS = ['on', 'off'];

function createVirtualPower(node: RemoteNode<typeof VirtualPower>): VirtualPowerHandle {
  const { calls } = node;
  const off = async ({ signal, timeout, ...how }: VirtualOffOptions = {}): Promise<OffResult> => {
    if (!node.extended) {
      if (how.mode === 'graceful' || how.deadline !== undefined)
        requireExtended(node, 'off({ mode: "graceful" })', STOCK_CALLS);
      await calls.off(undefined, { signal, timeout });
      return 'forced';
    }
    return (await calls.off({ mode: 'graceful', ...how }, { signal, timeout })) ?? 'forced';
  };
  return {
    on: async (options) => (await calls.on(options)) ?? 'cold',
    off,
    cycle: async (options = {}) => {
      const { signal, timeout, ...how } = options;
      if (node.extended)
        return (await calls.cycle({ mode: 'graceful', ...how }, { signal, timeout })) ?? 'forced';
      const result = await off(options);
      await calls.on({ signal, timeout });
      return result;
    },
    reset: async (options) => {
      requireExtended(node, 'reset', STOCK_CALLS);
      await calls.reset(options);
    },
    pause: async (options) => {
      requireExtended(node, 'pause', STOCK_CALLS);
      await calls.pause(options);
    },
    resume: async (options) => {
      requireExtended(node, 'resume', STOCK_CALLS);
      await calls.resume(options);
    },
    state: async (options) => {
      requireExtended(node, 'state', STOCK_CALLS);
      return calls.state(options);
    },
  };
}

registerHandle(Power, createPower);
registerHandle(MeteredPower, createMeteredPower);
registerHandle(VirtualPower, createVirtualPower);
