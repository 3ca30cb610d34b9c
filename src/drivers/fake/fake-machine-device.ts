import { EventEmitter, on } from 'node:events';
import { parseSize } from '../../core/index.ts';
import type { Machine, MachineEvent } from '../../interfaces/index.ts';
import { type Failures, FakeDevice } from './fake-device.ts';

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
  readonly #parts: readonly Part[];
  readonly #events = new EventEmitter<{ event: [MachineEvent] }>();

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
    return eventsOf(on(this.#events, 'event', { signal }), signal);
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

async function* eventsOf(
  emissions: AsyncIterable<unknown[]>,
  signal: AbortSignal,
): AsyncGenerator<MachineEvent> {
  try {
    for await (const [event] of emissions) yield event as MachineEvent; // SAFE: what announce emits
  } catch (error) {
    // Node's own AbortError hides the reason.
    signal.throwIfAborted();
    throw error;
  }
}
