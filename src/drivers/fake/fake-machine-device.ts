import { EventEmitter, on } from 'node:events';
import { parseSize } from '../../core/index.ts';
import type { FaultNews, Machine, MachineEvent, MachineFault } from '../../interfaces/index.ts';
import { type Failures, FakeDevice } from './fake-device.ts';
import type { FakeState } from './fake-snapshots.ts';

/** Goes away and comes back with the machine. */
interface Part {
  plug(): void;
  unplug(): void;
}

/** A machine as a whole: its sizes and its events. */
export class FakeMachineDevice extends FakeDevice<typeof Machine> {
  /** Bytes. */
  memory = parseSize('512MiB');
  /** Bytes. */
  diskSize = parseSize('8GiB');
  /** What its clock was set to last. */
  time: Date | undefined;
  /** Puts it into the state of another machine. */
  become: (state: FakeState) => void = () => undefined;
  readonly #parts: readonly Part[];
  readonly #events = new EventEmitter<{ event: [MachineEvent]; fault: [FaultNews] }>();
  #fault: MachineFault | null = null;

  constructor(parts: readonly Part[], failures?: Failures<typeof Machine>) {
    super('fake-machine', failures);
    this.#parts = parts;
  }

  /** Tells an event to everybody who listens. */
  announce(event: string, data: MachineEvent['data'] = {}): void {
    this.#events.emit('event', { event, time: new Date().toISOString(), data });
  }

  /** The events from now on. */
  events(signal: AbortSignal): AsyncIterable<MachineEvent> {
    return itemsOf(on(this.#events, 'event', { signal }), signal);
  }

  /** Something goes wrong with the machine; `null` ends what lasted. */
  raise(fault: MachineFault | null): void {
    if (fault === null || fault.lasts) this.#fault = fault;
    this.#events.emit('fault', { fault });
  }

  /** What goes wrong: the state of things first. */
  faults(signal: AbortSignal): AsyncIterable<FaultNews> {
    const now = { fault: this.#fault };
    return itemsOf(on(this.#events, 'fault', { signal }), signal, [now]);
  }

  override plug(): void {
    super.plug();
    for (const part of this.#parts) part.plug();
  }

  override unplug(): void {
    super.unplug();
    for (const part of this.#parts) part.unplug();
  }
}

async function* itemsOf<T>(
  emissions: AsyncIterable<unknown[]>,
  signal: AbortSignal,
  first: readonly T[] = [],
): AsyncGenerator<T> {
  yield* first;
  try {
    for await (const [item] of emissions) yield item as T; // SAFE: what is emitted under that name
  } catch (error) {
    // Node's own AbortError hides the reason.
    signal.throwIfAborted();
    throw error;
  }
}
