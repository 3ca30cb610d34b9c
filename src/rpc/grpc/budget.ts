import type { Http2Session, Http2Stream } from 'node:http2';
import { CONNECTION_UNFINISHED, CONNECTION_WRITE_AHEAD } from './limits.ts';

/** What the streams of one connection may hold together. */
class Budget {
  readonly #limit: number;
  #used = 0;

  constructor(limit: number) {
    this.#limit = limit;
  }

  get isSpent(): boolean {
    return this.#used > this.#limit;
  }

  add(bytes: number): void {
    this.#used += bytes;
  }
}

/** What one stream holds of the budget of its connection, until it closes. */
export class Share {
  readonly #budget: Budget;
  #held = 0;
  #closed: boolean;

  constructor(budget: Budget, stream: Http2Stream) {
    this.#budget = budget;
    // Of a call that its client gave up before it was let in nobody would hear the end.
    this.#closed = stream.destroyed;
    stream.once('close', () => {
      this.set(0);
      this.#closed = true;
    });
  }

  /** Whether the streams of the connection hold more than they may. */
  get isSpent(): boolean {
    return this.#budget.isSpent;
  }

  /** Says how much it holds now. */
  set(bytes: number): void {
    if (this.#closed) return;
    this.#budget.add(bytes - this.#held);
    this.#held = bytes;
  }
}

function budgets(limit: number): (stream: Http2Stream) => Share {
  const bySession = new WeakMap<Http2Session, Budget>();
  return (stream) => {
    const { session } = stream;
    const budget = (session && bySession.get(session)) ?? new Budget(limit);
    if (session) bySession.set(session, budget);
    return new Share(budget, stream);
  };
}

/** The share of `stream` in what waits to be sent on its connection. */
export const shareOfWrites: (stream: Http2Stream) => Share = budgets(CONNECTION_WRITE_AHEAD);

/** The share of `stream` in the messages of its connection of which only a part has come. */
export const shareOfUnfinished: (stream: Http2Stream) => Share = budgets(CONNECTION_UNFINISHED);
