import type { FaultNews, MachineFault } from '../../interfaces/index.ts';
import type { FaultWatch } from '../faults/fault-watch.ts';

/** A wait cannot succeed any more, because of this. */
export class FaultStrike extends Error {
  readonly fault: MachineFault;

  constructor(fault: MachineFault) {
    super(fault.message);
    this.fault = fault;
  }
}

/**
 * Which faults end a call: `all`; `standstill`: only those after which nothing can be printed, as of a call that takes
 * whatever comes; `none`.
 */
export type Concern = 'all' | 'standstill' | 'none';

/** A call that is going on. */
interface Call {
  readonly concern: Concern;
  struck: MachineFault | undefined;
}

/**
 * Faults in the order of the text: one ends a call only when all text has been read that was printed before it, as that may be
 * what the call waits for. Those that the machine survives end the call that is going on; those that last, later ones as well.
 */
export class TtyFaults {
  /** How much of the recorded console has been read. */
  #position: number;
  /** What has been heard, but lies beyond. */
  readonly #ahead: FaultNews[] = [];
  #lasting: MachineFault | undefined;
  #call: Call | undefined;

  /** `start`: where in the recording reading begins. */
  constructor(start = 0) {
    this.#position = start;
  }

  /** So many bytes have been read. */
  advance(bytes: number): void {
    this.#position += bytes;
    for (let next = this.#ahead[0]; next && this.#isReached(next); next = this.#ahead[0]) {
      this.#ahead.shift();
      this.#apply(next);
    }
  }

  hear(news: FaultNews): void {
    if (this.#ahead.length === 0 && this.#isReached(news)) this.#apply(news);
    else this.#ahead.push(news);
  }

  /** A call begins. Until it is disposed of, `check` is about it. */
  async begin(concern: Concern, watch: FaultWatch | undefined, signal?: AbortSignal): Promise<Disposable> {
    if (this.#lasting && watch && concern !== 'none' && !(await watch.confirm(signal)))
      this.#lasting = undefined;
    const call: Call = { concern, struck: undefined };
    this.#call = call;
    if (this.#lasting) this.#strike(this.#lasting);
    return {
      [Symbol.dispose]: () => {
        if (this.#call === call) this.#call = undefined;
      },
    };
  }

  /** @throws FaultStrike when the call that is going on cannot succeed any more. */
  check(): void {
    if (this.#call?.struck) throw new FaultStrike(this.#call.struck);
  }

  #isReached({ fault }: FaultNews): boolean {
    return fault === null || fault.offset <= this.#position;
  }

  #apply({ fault }: FaultNews): void {
    if (fault === null) this.#lasting = undefined;
    else {
      if (fault.lasts) this.#lasting = fault;
      this.#strike(fault);
    }
  }

  #strike(fault: MachineFault): void {
    const call = this.#call;
    if (!call || call.concern === 'none') return;
    if (call.concern === 'standstill' && (!fault.lasts || fault.failure.detectedBy === 'console')) return;
    call.struck ??= fault;
  }
}
