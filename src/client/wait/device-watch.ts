import { DeviceError, type DutError, StateError } from '../../core/index.ts';
import { Machine, type MachineEvent, type PowerState, VirtualPower } from '../../interfaces/index.ts';
import type { RemoteNode } from '../node.ts';

/** A device that is looked at while something is expected of it. */
export interface DeviceWatch {
  /** Rejects when the machine fails or goes off: nothing can come from it then. Never settles where that cannot be known. */
  readonly failed: Promise<never>;
}

/**
 * Looks at the machine that `node` is, or is in, until `signal` aborts.
 *
 * @throws StateError when it is off, DeviceError when it has failed.
 */
export async function openDeviceWatch(node: RemoteNode, signal: AbortSignal): Promise<DeviceWatch> {
  const machine = node.nearest(Machine);
  const power = machine?.child('power', VirtualPower);
  if (!machine?.extended || !power?.extended) return { failed: new Promise(() => undefined) };
  const events = machine.calls.events({ signal })[Symbol.asyncIterator]();
  const first = events.next();
  const failed = firstFailure(first, events);
  failed.catch(() => undefined);
  // Asked only after the events: what happens between the two is among them.
  const error = errorOfState(await power.calls.state({ signal }));
  if (error) throw error;
  return { failed };
}

async function firstFailure(
  first: Promise<IteratorResult<MachineEvent>>,
  events: AsyncIterator<MachineEvent>,
): Promise<never> {
  for (let next = await first; !next.done; next = await events.next()) {
    const failure = errorOfEvent(next.value);
    if (failure) throw failure;
  }
  return await new Promise(() => undefined);
}

function errorOfState(state: PowerState): DutError | undefined {
  if (state === 'running' || state === 'paused') return undefined;
  if (state === 'off')
    return new StateError('the machine is off; it must be on', { state, needed: 'on' }, OPERATION);
  return new DeviceError(`the machine is ${state}`, { event: state, tail: '' }, OPERATION);
}

const OPERATION = { operation: 'waitFor' };
const ENDS: ReadonlySet<string> = new Set(['EXIT', 'SHUTDOWN', 'GUEST_PANICKED']);

function errorOfEvent({ event, data }: MachineEvent): DutError | undefined {
  if (!ENDS.has(event) || data['action'] === 'run') return undefined;
  return new DeviceError(`the machine has ended (${event})`, { event, tail: '' }, OPERATION);
}
