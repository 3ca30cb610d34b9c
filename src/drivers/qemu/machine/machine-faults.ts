import { raceSignal } from '../../../core/index.ts';
import { type FaultNews, faultError, type MachineFault } from '../../../interfaces/index.ts';
import { EventFanout } from './event-fanout.ts';

/** What keeps a machine from doing what somebody waits for, over all its power-ons. */
export class MachineFaults {
  #current: MachineFault | undefined;
  readonly #news = new EventFanout<FaultNews>(() => this.#now());
  #raised = Promise.withResolvers<MachineFault>();

  /** The fault that lasts, if there is one. */
  get current(): MachineFault | undefined {
    return this.#current;
  }

  /** Tells everybody who waits. One that lasts is kept until it is cleared. */
  raise(fault: MachineFault): void {
    if (fault.lasts) {
      this.#current = fault;
      this.#raised.resolve(fault);
      this.#raised = Promise.withResolvers();
    }
    this.#news.publish({ fault });
  }

  /** The machine goes on, or begins anew. */
  clear(): void {
    if (!this.#current) return;
    this.#current = undefined;
    this.#news.publish({ fault: null });
  }

  /** The state of things first, then each fault, and `null` whenever one that lasted is over. */
  async *follow(signal: AbortSignal): AsyncGenerator<FaultNews> {
    const news = this.#news.subscribe(signal);
    yield this.#now();
    yield* news;
  }

  /** The next fault that lasts. */
  async next(signal: AbortSignal): Promise<MachineFault> {
    return await raceSignal(this.#raised.promise, signal);
  }

  /** @throws the DeviceError of the fault that lasts, if there is one. */
  check(operation: string): void {
    if (this.#current) throw faultError(this.#current, { operation });
  }

  /** Nothing more will come. */
  end(): void {
    this.#news.end();
  }

  #now(): FaultNews {
    return { fault: this.#current ?? null };
  }
}
