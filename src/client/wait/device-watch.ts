import { DeviceError, type DutError, StateError } from '../../core/index.ts';
import { Machine, type MachineEvent, type PowerState, VirtualPower } from '../../interfaces/index.ts';
import type { RemoteNode } from '../node.ts';

/**
 * Looks at the machine that `node` is, or is in, until `signal` aborts. The result aborts when it fails or goes off: nothing
 * more can come from it then. It never does where that cannot be known.
 *
 * @throws StateError when it is off, DeviceError when it has failed.
 */
export async function watchDevice(node: RemoteNode, signal: AbortSignal): Promise<AbortSignal> {
  const failed = new AbortController();
  const machine = node.nearest(Machine);
  const power = machine?.child('power', VirtualPower);
  if (!machine?.extended || !power?.extended) return failed.signal;
  const events = machine.calls.events({ signal })[Symbol.asyncIterator]();
  firstFailure(events.next(), events).then(
    (error) => failed.abort(error),
    // The session has ended, or nobody waits any more.
    () => undefined,
  );
  // Asked only after the events: what happens between the two is among them.
  const error = errorOfState(await power.calls.state({ signal }));
  if (error) throw error;
  return failed.signal;
}

async function firstFailure(
  first: Promise<IteratorResult<MachineEvent>>,
  events: AsyncIterator<MachineEvent>,
): Promise<DutError> {
  for (let next = await first; !next.done; next = await events.next()) {
    const failure = errorOfEvent(next.value);
    if (failure) return failure;
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
