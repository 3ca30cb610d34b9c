import { DeviceError, raceSignal } from '../../core/index.ts';
import type { Interface } from '../../interfaces/index.ts';

/** The names of an interface's methods, as TypeScript spells them. */
export type MethodName<I extends Interface> = keyof I['methods'] & string;

/** Methods that are to fail, each with its error. */
export type Failures<I extends Interface> = Partial<Record<MethodName<I>, Error>>;

/** A call that reached the device: its method and its arguments. */
export interface FakeCall<M extends string = string> {
  readonly method: M;
  readonly args: readonly unknown[];
}

/** A call that has been made to wait. */
export interface Stall {
  /** Resolves when the call has reached the device. */
  readonly reached: Promise<void>;
  /** Resolves when it waits no longer: it was released, its caller has left, or the device has. */
  readonly over: Promise<void>;
  /** Lets the call go on. */
  release(): void;
}

/** What every fake has in common: it remembers its calls and fails, waits or vanishes when told to. It outlives sessions. */
export class FakeDevice<I extends Interface> {
  readonly #name: string;
  readonly #calls: FakeCall<MethodName<I>>[] = [];
  readonly #failures = new Map<string, Error>();
  readonly #stalls = new Map<string, (signal: AbortSignal) => Promise<void>>();
  #gone = new AbortController();

  constructor(name: string, failures: Failures<I> = {}) {
    this.#name = name;
    for (const [method, error] of Object.entries<Error | undefined>(failures)) {
      if (error) this.#failures.set(method, error);
    }
  }

  /** Every call that reached the device so far, in order. */
  get calls(): readonly FakeCall<MethodName<I>>[] {
    return this.#calls;
  }

  /** Aborts when the device goes away, with the DeviceError that its callers get. */
  get gone(): AbortSignal {
    return this.#gone.signal;
  }

  /** From now on `method` fails with `error`; without one it works again. */
  fail(method: MethodName<I>, error?: Error): void {
    if (error) this.#failures.set(method, error);
    else this.#failures.delete(method);
  }

  /** Makes the next call of `method` wait at the device until it is released, the device goes away or the caller does. */
  stall(method: MethodName<I>): Stall {
    const reached = Promise.withResolvers<void>();
    const released = Promise.withResolvers<void>();
    const over = Promise.withResolvers<void>();
    this.#stalls.set(method, async (signal) => {
      reached.resolve();
      await raceSignal(released.promise, signal).finally(over.resolve);
    });
    return { reached: reached.promise, over: over.promise, release: released.resolve };
  }

  /** Takes the device away: calls under way, later calls and open streams fail with a DeviceError. */
  unplug(): void {
    this.#gone.abort(new DeviceError(`${this.#name}: the device is gone`, { event: 'unplugged', tail: '' }));
  }

  /** Brings the device back, in the state in which it went away. */
  plug(): void {
    if (this.gone.aborted) this.#gone = new AbortController();
  }

  /** Remembers a call, and lets it pass, wait or fail: every method of a fake begins with it. */
  async arrive(method: MethodName<I>, args: readonly unknown[], signal: AbortSignal): Promise<void> {
    this.#calls.push({ method, args });
    signal.throwIfAborted();
    const stall = this.#stalls.get(method);
    this.#stalls.delete(method);
    await stall?.(signal);
    const failure = this.#failures.get(method);
    if (failure) throw failure;
  }
}
