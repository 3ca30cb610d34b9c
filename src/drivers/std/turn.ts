import { BusyError, raceSignal, StateError } from '../../core/index.ts';
import type { CallContext } from '../../driver/index.ts';

interface Held {
  readonly operation: string;
  readonly holder: string;
  readonly since: string;
  /** Aborts when its caller gives up. */
  readonly caller: AbortSignal;
  readonly stop: AbortController;
  readonly yields: boolean;
  readonly settled: Promise<void>;
}

/** Lets calls that change the state of one device happen one at a time. Share it among the drivers of that device. */
export class Turn {
  #held: Held | undefined;

  /**
   * Runs `act` unless another call is under way. Its signal aborts when the caller gives up, or when the turn is pre-empted.
   * A call whose caller has given up is about to end, and is waited for; one that `yields` is ended by any other.
   *
   * @throws BusyError that says who is at it, with what and since when.
   */
  async take<T>(
    operation: string,
    context: CallContext,
    act: (signal: AbortSignal) => Promise<T>,
    { yields = false }: { readonly yields?: boolean } = {},
  ): Promise<T> {
    const { signal: caller, peer } = context;
    for (let held = this.#held; held?.caller.aborted || (held?.yields && !yields); held = this.#held) {
      held.stop.abort(preempted(held.operation, operation));
      await raceSignal(held.settled, caller);
    }
    if (this.#held) throw busy(operation, this.#held);
    const stop = new AbortController();
    const { promise: settled, resolve } = Promise.withResolvers<void>();
    this.#held = {
      operation,
      holder: peer.name,
      since: new Date().toISOString(),
      caller,
      stop,
      yields,
      settled,
    };
    try {
      return await act(AbortSignal.any([caller, stop.signal]));
    } finally {
      this.#held = undefined;
      resolve();
    }
  }

  /** Ends the call that is under way, whose caller gets a StateError, waits until it has let go, and runs `act`. */
  async preempt<T>(
    operation: string,
    context: CallContext,
    act: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    while (this.#held) {
      const { operation: ended, stop, settled } = this.#held;
      stop.abort(preempted(ended, operation));
      await settled;
    }
    return this.take(operation, context, act);
  }
}

function busy(operation: string, { operation: current, holder, since }: Held): BusyError {
  const message = `${operation}: ${holder} is at ${current} since ${since}; one such call at a time`;
  return new BusyError(message, { holder, since }, { operation });
}

function preempted(operation: string, by: string): StateError {
  const message = `${operation}: ended by ${by}`;
  return new StateError(message, { state: 'pre-empted', needed: `no ${by} meanwhile` }, { operation });
}
