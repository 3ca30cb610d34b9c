import type { CallContext } from '../../../driver/index.ts';

/** Runs `work` while it has the turn. */
export type TakeTurn = (
  operation: string,
  context: CallContext,
  work: (signal: AbortSignal) => Promise<void>,
) => Promise<void>;

/** A turn that is shared. */
interface Reading {
  /** With the signal that ends them all. */
  readonly began: Promise<AbortSignal>;
  readonly end: () => void;
  /** When the turn has been given up. */
  readonly ended: Promise<void>;
  readers: number;
}

/** Lets calls that only read share one turn, which nobody else has meanwhile. */
export class SharedTurn {
  readonly #take: TakeTurn;
  #reading: Reading | undefined;

  constructor(take: TakeTurn) {
    this.#take = take;
  }

  /** Runs `work` beside others that only read. @throws as taking the turn does */
  async read<T>(
    operation: string,
    context: CallContext,
    work: (signal: AbortSignal) => Promise<T>,
  ): Promise<T> {
    this.#reading ??= this.#begin(operation, context);
    const reading = this.#reading;
    reading.readers++;
    try {
      const signal = await reading.began;
      return await work(AbortSignal.any([context.signal, signal]));
    } finally {
      if (--reading.readers === 0) {
        this.#reading = undefined;
        reading.end();
        await reading.ended;
      }
    }
  }

  /** Takes the turn for all readers together: it is not that of the first alone, who may leave before the others. */
  #begin(operation: string, context: CallContext): Reading {
    const { promise: over, resolve: end } = Promise.withResolvers<void>();
    const { promise: began, resolve, reject } = Promise.withResolvers<AbortSignal>();
    const never = new AbortController().signal;
    const hold = this.#take(operation, { ...context, signal: never }, async (signal) => {
      resolve(signal);
      await over;
    });
    return { began, end, readers: 0, ended: hold.catch(reject) };
  }
}
