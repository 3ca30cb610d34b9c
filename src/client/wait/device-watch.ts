import { DeviceError, type DutError, StateError } from '../../core/index.ts';
import { faultError, Machine, type MachineEvent, VirtualPower } from '../../interfaces/index.ts';
import { type FaultOptions, type FaultWatch, watchFaults } from '../faults/fault-watch.ts';
import type { RemoteNode } from '../node.ts';

const ABOUT = { operation: 'waitFor' };

/**
 * Looks at the machine that `node` is, or is in, until `signal` aborts. The result aborts when it fails or goes off: nothing
 * more can come from it then. It never does where that cannot be known.
 *
 * @throws StateError when it is off, DeviceError when it has failed.
 */
export async function watchDevice(
  node: RemoteNode,
  { signal, faults }: FaultOptions & { readonly signal: AbortSignal },
): Promise<AbortSignal> {
  signal.throwIfAborted();
  const failed = new AbortController();
  const machine = node.nearest(Machine);
  const power = machine?.child('power', VirtualPower);
  if (!machine?.extended || !power?.extended) return failed.signal;
  const watch = watchFaults(node);
  const fail = (error: DutError) => failed.abort(error);
  const events = machine.calls.events({ signal })[Symbol.asyncIterator]();
  // The end of the session, or of the wait, is told by others.
  untilEnd(events.next(), events, { watch, signal, faults }).then(fail, () => undefined);
  if (watch && faults !== 'ignore') listen(watch, fail, signal);
  // Asked only after the events: what happens between the two is among them.
  const state = await power.calls.state({ signal });
  if (state === 'running' || state === 'paused' || (faults === 'ignore' && state !== 'off'))
    return failed.signal;
  const fault = await watch?.confirm(signal);
  if (fault) throw faultError(fault, ABOUT);
  const message = `waitFor: the machine is ${state}; it must be on`;
  if (state === 'off') throw new StateError(message, { state, needed: 'on' }, ABOUT);
  throw new DeviceError(message, { event: state, tail: '' }, ABOUT);
}

function listen(watch: FaultWatch, fail: (error: DutError) => void, signal: AbortSignal): void {
  const listening = watch.listen(({ fault }) => fault && fail(faultError(fault, ABOUT)));
  signal.addEventListener('abort', () => listening[Symbol.dispose](), { once: true });
}

/** What ends a machine, in words for when its exporter tells of no fault. */
const ENDS: Readonly<Record<string, string>> = {
  EXIT: 'the machine has been switched off',
  SHUTDOWN: 'the machine has been switched off',
  GUEST_PANICKED: 'the guest panicked',
};

/** The error for who waits for a machine that goes off, or panics. */
async function untilEnd(
  first: Promise<IteratorResult<MachineEvent>>,
  events: AsyncIterator<MachineEvent>,
  { watch, signal, faults }: FaultOptions & { watch: FaultWatch | undefined; signal: AbortSignal },
): Promise<DutError> {
  for (let next = await first; !next.done; next = await events.next()) {
    const { event, data } = next.value;
    const what = ENDS[event];
    const goesOn = event === 'GUEST_PANICKED' && (faults === 'ignore' || data['action'] === 'run');
    if (what === undefined || goesOn) continue;
    const fault = await watch?.confirm(signal);
    return fault ? faultError(fault, ABOUT) : new DeviceError(`waitFor: ${what}`, { event, tail: '' }, ABOUT);
  }
  return await new Promise(() => undefined);
}
