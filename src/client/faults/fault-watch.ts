import { type FaultNews, Machine, type MachineFault } from '../../interfaces/index.ts';
import type { RemoteNode, SessionInfo } from '../node.ts';

/** What a wait does when something goes wrong with the machine. */
export interface FaultOptions {
  /**
   * `reject` (default): the wait ends at once with a DeviceError when the machine fails, or its guest hits a bug or runs out of
   * memory. `ignore`: it goes on, for whoever wants to see just that; it ends all the same when the machine has ended.
   */
  readonly faults?: 'reject' | 'ignore' | undefined;
}

/** What goes wrong with a machine, as far as its exporter has told. */
export interface FaultWatch {
  /** The fault that lasts, as last heard of. */
  readonly current: MachineFault | undefined;
  /** Asks the exporter for the fault that lasts: the news of its end may still be on the way. */
  confirm(signal: AbortSignal | undefined): Promise<MachineFault | undefined>;
  /** Calls `listener` with all that is told from now on, beginning with the state of things, until it is disposed of. */
  listen(listener: (news: FaultNews) => void): Disposable;
}

const watches = new WeakMap<SessionInfo, Map<string, FaultWatch>>();

/** The watch over the machine that `node` is, or is part of: one per session. Undefined where nobody tells of faults. */
export function watchFaults(node: RemoteNode): FaultWatch | undefined {
  const machine = node.nearest(Machine);
  if (!machine?.extended || !machine.offers('faults')) return undefined;
  const ofSession = watches.get(node.session) ?? new Map<string, FaultWatch>();
  watches.set(node.session, ofSession);
  const watch = ofSession.get(machine.path) ?? new MachineWatch(machine);
  ofSession.set(machine.path, watch);
  return watch;
}

class MachineWatch implements FaultWatch {
  readonly #machine: RemoteNode<typeof Machine>;
  readonly #listeners = new Set<(news: FaultNews) => void>();
  #isOpen = false;
  current: MachineFault | undefined;

  constructor(machine: RemoteNode<typeof Machine>) {
    this.#machine = machine;
  }

  listen(listener: (news: FaultNews) => void): Disposable {
    this.#listeners.add(listener);
    if (this.#isOpen) listener({ fault: this.current ?? null });
    else void this.#follow();
    return { [Symbol.dispose]: () => void this.#listeners.delete(listener) };
  }

  async confirm(signal: AbortSignal | undefined): Promise<MachineFault | undefined> {
    const before = this.current;
    for await (const { fault } of this.#machine.calls.faults({ signal })) {
      // The one that follows along may not have heard of it yet, or nobody follows.
      if (fault) return fault;
      if (this.current === before) this.#hear({ fault });
      break;
    }
    return this.current;
  }

  async #follow(): Promise<void> {
    this.#isOpen = true;
    try {
      const { signal } = this.#machine.session;
      for await (const news of this.#machine.calls.faults({ signal })) this.#hear(news);
    } catch {
      // The session has ended, which everybody who waits learns from his own call.
    } finally {
      this.#isOpen = false;
    }
  }

  #hear(news: FaultNews): void {
    const { fault } = news;
    if (fault === null || fault.lasts) this.current = fault ?? undefined;
    for (const listener of this.#listeners) listener(news);
  }
}
