/** How many items a subscriber may be behind before it loses the oldest. */
const LONGEST_QUEUE = 1_000;

/**
 * Gives each item to every subscriber, without ever waiting for one.
 *
 * A subscriber that falls behind loses the oldest items and is told how many, by the item that `missed` makes.
 */
export class EventFanout<T> {
  readonly #subscribers = new Set<Subscriber<T>>();
  readonly #missed: (count: number) => T;
  #ended = false;

  constructor(missed: (count: number) => T) {
    this.#missed = missed;
  }

  /** The items from this moment on. Leaving the loop, or `signal`, ends the subscription. */
  subscribe(signal: AbortSignal): AsyncIterable<T> {
    const subscriber = new Subscriber<T>();
    this.#subscribers.add(subscriber);
    if (this.#ended) subscriber.end();
    const stop = () => {
      this.#subscribers.delete(subscriber);
      subscriber.end();
    };
    signal.addEventListener('abort', stop, { once: true });
    return this.#items(subscriber, signal, stop);
  }

  publish(item: T): void {
    for (const subscriber of this.#subscribers) subscriber.push(item);
  }

  /** Nothing more will come; subscribers end when they have read what there is. */
  end(): void {
    this.#ended = true;
    for (const subscriber of this.#subscribers) subscriber.end();
  }

  async *#items(subscriber: Subscriber<T>, signal: AbortSignal, stop: () => void): AsyncGenerator<T> {
    try {
      for (;;) {
        signal.throwIfAborted();
        if (subscriber.lost > 0) yield this.#missed(subscriber.takeLost());
        else if (subscriber.queue.length > 0)
          yield subscriber.queue.shift() as T; // SAFE: there is one
        else if (subscriber.ended) return;
        else await subscriber.changed.promise;
      }
    } finally {
      signal.removeEventListener('abort', stop);
      stop();
    }
  }
}

class Subscriber<T> {
  readonly queue: T[] = [];
  changed = Promise.withResolvers<void>();
  lost = 0;
  ended = false;

  push(item: T): void {
    if (this.queue.length === LONGEST_QUEUE) {
      this.queue.shift();
      this.lost++;
    }
    this.queue.push(item);
    this.#announce();
  }

  takeLost(): number {
    const { lost } = this;
    this.lost = 0;
    return lost;
  }

  end(): void {
    this.ended = true;
    this.#announce();
  }

  #announce(): void {
    this.changed.resolve();
    this.changed = Promise.withResolvers();
  }
}
