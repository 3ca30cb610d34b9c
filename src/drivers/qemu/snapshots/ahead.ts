import { type Log, settleAll, UnderWay } from '../../../core/index.ts';
import type { CallContext, Offer } from '../../../driver/index.ts';
import { OneAhead } from '../one-ahead.ts';
import type { Fork, ForkStart } from './fork-start.ts';

/** A fork that waits for somebody to ask for it. */
interface Waiting<F extends Fork> extends AsyncDisposable {
  readonly fork: F;
  /** How it is to serve forks of its own, which whoever asks for it says. */
  readonly bind: (offer: Offer) => void;
}

export interface AheadParts<F extends Fork> {
  /** How many are to wait. */
  readonly count: number;
  /** Makes another fork, under a name of its own. @throws CapacityError when there is no room for one */
  readonly open: (start: ForkStart) => Promise<F>;
  readonly log: Log;
}

/** The forks of one snapshot that are made ready before anybody asks for them: what is left of their start is that of their CPUs. */
export class Ahead<F extends Fork> implements AsyncDisposable {
  readonly #parts: AheadParts<F>;
  readonly #places: readonly OneAhead<Waiting<F>>[];
  readonly #closing = new AbortController();
  #hurry = new AbortController();
  readonly #ready = new Set<Waiting<F>>();
  /** What others have taken to go on with, or to end, and is not done with. */
  readonly #underWay = new UnderWay();

  constructor(parts: AheadParts<F>) {
    this.#parts = parts;
    this.#places = Array.from({ length: parts.count }, () => new OneAhead(() => this.#spawn()));
  }

  /** How many wait. */
  get ready(): number {
    return [...this.#ready].filter(({ fork }) => fork.resting?.rests).length;
  }

  /** Has as many started as are to wait, in the background. */
  prepare(): void {
    for (const place of this.#places) place.prepare();
  }

  /** The one that waits for longest, running now; undefined where none does, or it could not go on. */
  async take(offer: Offer, context: CallContext): Promise<F | undefined> {
    return await this.#underWay.add(this.#take(offer, context));
  }

  /** Ends all that wait: what they have is needed elsewhere. */
  async drop(): Promise<void> {
    this.#hurryUp();
    const end = async (place: OneAhead<Waiting<F>>) => (await place.takeReady())?.[Symbol.asyncDispose]();
    await this.#underWay.add(settleAll(this.#places.map(end)));
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#closing.abort(new Error('the snapshot goes'));
    const places = this.#places.map((place) => place[Symbol.asyncDispose]());
    await settleAll([...places, this.#underWay.over()]);
  }

  async #take(offer: Offer, context: CallContext): Promise<F | undefined> {
    const places = this.#places.toSorted((one, other) => Number(other.isReady) - Number(one.isReady));
    if (!places[0]?.isReady) this.#hurryUp();
    for (const place of places) {
      const waiting = await place.takeReady();
      if (!waiting) continue;
      this.#ready.delete(waiting);
      try {
        waiting.bind(offer);
        await waiting.fork.resting?.goOn(context);
        this.#closing.signal.throwIfAborted();
        return waiting.fork;
      } catch (error) {
        await waiting.fork[Symbol.asyncDispose]();
        context.signal.throwIfAborted();
        this.#closing.signal.throwIfAborted();
        this.#parts.log.warn(
          { fork: waiting.fork.name, reason: String(error) },
          'a fork that waited cannot go on',
        );
      }
    }
    return undefined;
  }

  #hurryUp(): void {
    this.#hurry.abort();
    this.#hurry = new AbortController();
  }

  async #spawn(): Promise<Waiting<F>> {
    const { open, log } = this.#parts;
    const { promise: bound, resolve: bind } = Promise.withResolvers<Offer>();
    const peer = { name: 'the exporter', local: true };
    const fork = await open({
      offer: async (...args) => await (await bound)(...args),
      context: { signal: this.#closing.signal, log, peer },
      stage: 'warm',
      background: true,
      hurry: this.#hurry.signal,
    });
    const end = async () => {
      this.#ready.delete(waiting);
      await fork[Symbol.asyncDispose]();
    };
    const waiting = { fork, bind, [Symbol.asyncDispose]: end };
    this.#ready.add(waiting);
    return waiting;
  }
}
