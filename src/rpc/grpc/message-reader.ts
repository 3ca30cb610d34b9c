import type { Http2Stream } from 'node:http2';
import { shareOfUnfinished } from './budget.ts';
import type { Decode } from './codec.ts';
import { MessageParser } from './framing.ts';
import { CONNECTION_UNFINISHED, READ_AHEAD } from './limits.ts';
import { GrpcError, Status } from './status.ts';

interface Queued<T> {
  readonly message: T;
  readonly cost: number;
}

const TOO_MUCH = `more than ${CONNECTION_UNFINISHED} bytes of messages that are not complete came on one connection`;

/** What a queued message costs beside its bytes. */
const OVERHEAD = 64;

/**
 * The receiving side of a call: messages in order, then the end or the failure. While READ_AHEAD bytes of messages wait
 * nothing more is taken from the stream, so that the peer's window closes. Can be iterated once at a time; leaving the
 * iteration early throws the rest away.
 */
export class MessageReader<T> implements AsyncIterableIterator<T, undefined, undefined> {
  readonly #stream: Http2Stream;
  readonly #onReturn: () => void;
  readonly #queue: Queued<T>[] = [];
  #queued = 0;
  #paused = false;
  #waiting: PromiseWithResolvers<IteratorResult<T, undefined>>[] = [];
  #end: { readonly failure?: { readonly reason: unknown } } | undefined;

  /** `invalid` is told of bytes that are no message, `end` that the last one has come, `returned` that nobody reads on. */
  constructor(
    stream: Http2Stream,
    decode: Decode<T>,
    on: { invalid: (error: unknown) => void; end: () => void; returned: () => void },
  ) {
    this.#stream = stream;
    this.#onReturn = on.returned;
    const parser = new MessageParser((parts, length) =>
      this.#push({ message: decode(parts), cost: length + OVERHEAD }),
    );
    const share = shareOfUnfinished(stream);
    stream.on('data', (chunk: Buffer) => {
      if (this.#end) return;
      try {
        parser.push(chunk);
        share.set(parser.unfinished);
        if (share.isSpent && parser.unfinished > 0) throw new GrpcError(Status.RESOURCE_EXHAUSTED, TOO_MUCH);
      } catch (error) {
        on.invalid(error);
      }
    });
    stream.once('end', () => {
      if (!this.#end && !parser.isBetweenMessages) {
        on.invalid(new GrpcError(Status.INTERNAL, 'the stream ended in the middle of a message'));
      }
      on.end();
    });
  }

  [Symbol.asyncIterator](): this {
    return this;
  }

  next(): Promise<IteratorResult<T, undefined>> {
    const queued = this.#queue.shift();
    if (queued) {
      this.#queued -= queued.cost;
      if (this.#paused && this.#queued < READ_AHEAD / 2) this.#resume();
      return Promise.resolve({ done: false, value: queued.message });
    }
    if (this.#end?.failure) return Promise.reject(this.#end.failure.reason);
    if (this.#end) return Promise.resolve({ done: true, value: undefined });
    const waiting = Promise.withResolvers<IteratorResult<T, undefined>>();
    this.#waiting.push(waiting);
    return waiting.promise;
  }

  return(): Promise<IteratorResult<T, undefined>> {
    this.#onReturn();
    this.discard();
    this.finish();
    return Promise.resolve({ done: true, value: undefined });
  }

  /** After what is queued comes the end, or `failure`. Only the first call counts. */
  finish(failure?: { readonly reason: unknown }): void {
    if (this.#end) return;
    this.#end = failure ? { failure } : {};
    for (const waiting of this.#waiting) {
      if (failure) waiting.reject(failure.reason);
      else waiting.resolve({ done: true, value: undefined });
    }
    this.#waiting = [];
  }

  /** Throws away what is queued, and whatever still comes. */
  discard(): void {
    this.#queue.length = 0;
    this.#resume();
  }

  #push(queued: Queued<T>): void {
    const waiting = this.#waiting.shift();
    if (waiting) {
      waiting.resolve({ done: false, value: queued.message });
      return;
    }
    this.#queue.push(queued);
    this.#queued += queued.cost;
    if (this.#queued < READ_AHEAD || this.#paused) return;
    this.#paused = true;
    this.#stream.pause();
  }

  #resume(): void {
    this.#paused = false;
    this.#stream.resume();
  }
}
