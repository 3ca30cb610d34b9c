import type { MachineEvent } from '../../../interfaces/index.ts';
import { EventFanout } from './event-fanout.ts';
import { stateError } from './state-error.ts';

/** What a machine does: QEMU's events, and our own `POWER_ON`, `EXIT` and the like. */
export class MachineEvents {
  readonly #fanout = new EventFanout<MachineEvent>((count) => eventOf('EVENTS_MISSED', { count }));

  /** The events from now on. */
  subscribe(signal: AbortSignal): AsyncIterable<MachineEvent> {
    return this.#fanout.subscribe(signal);
  }

  /** Resolves with the first of these events from now on. @throws StateError when there will be none */
  first(names: readonly string[], operation: string, signal: AbortSignal): Promise<string> {
    const events = this.subscribe(signal);
    const first = async () => {
      for await (const { event } of events) if (names.includes(event)) return event;
      throw stateError(operation, 'closed', 'open');
    };
    const seen = first();
    // Whoever asked may fail before it looks.
    seen.catch(() => undefined);
    return seen;
  }

  /** Tells everybody of something that QEMU does not know of. */
  announce(event: string, data: MachineEvent['data']): void {
    this.publish(eventOf(event, data));
  }

  publish(event: MachineEvent): void {
    this.#fanout.publish(event);
  }

  /** There will be no more. */
  end(): void {
    this.#fanout.end();
  }
}

const eventOf = (event: string, data: MachineEvent['data']): MachineEvent => ({
  ...{ event, data },
  time: new Date().toISOString(),
});
