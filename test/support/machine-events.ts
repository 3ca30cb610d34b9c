import type { MachineEvent } from 'jumplead/interfaces';

/** What a machine does, from the moment this has been opened. */
export interface EventLog {
  /** All so far. */
  readonly seen: readonly MachineEvent[];
  /** Resolves with the first of this name after those that were waited for before. */
  next(event: string): Promise<MachineEvent>;
}

/** Listens to a machine. Resolves when nothing that is done from now on is missed. */
export async function listenTo(machine: {
  events(): AsyncIterable<MachineEvent>;
  describe(): Promise<unknown>;
}): Promise<EventLog> {
  const seen: MachineEvent[] = [];
  const events = machine.events()[Symbol.asyncIterator]();
  let coming = events.next();
  coming.catch(() => undefined);
  await machine.describe(); // Answered only once the machine has got to the call before.
  return {
    seen,
    next: async (name) => {
      for (;;) {
        const { done, value } = await coming;
        if (done) throw new Error(`the events ended before ${name}`);
        seen.push(value);
        coming = events.next();
        coming.catch(() => undefined);
        if (value.event === name) return value;
      }
    },
  };
}
