import { createEscapeFilter, raceSignal, Secrets } from '../../core/index.ts';
import type { ByteChannel, FaultNews } from '../../interfaces/index.ts';
import { createMatchers, type Patterns } from './patterns.ts';
import { TtyFaults } from './tty-faults.ts';
import { type Found, UnreadText } from './unread-text.ts';

/** How much text nobody has asked for is kept; older text is in the transcript. */
const WINDOW = 1024 * 1024;
/** How much of the last text is kept for errors. */
const TAIL = 8 * 1024;

/** The stream has ended before what was waited for came. `cause` is why, where that is known. */
export class StreamEnd extends Error {}

/** The reading half of a console: the only one that reads its stream, as text in UTF-8. */
export class TtyReader {
  readonly #unread = new UnreadText();
  readonly #secrets = new Secrets();
  readonly #faults: TtyFaults;
  #window = WINDOW;
  #tail = '';
  #end: StreamEnd | undefined;
  #news = Promise.withResolvers<void>();

  constructor(faults: TtyFaults = new TtyFaults()) {
    this.#faults = faults;
  }

  /** Reads `channel` to its end; `why` is asked for a reason when it ends without one. `onText` gets all text as it came. */
  async pump(
    channel: ByteChannel,
    escapes: 'strip' | 'keep',
    why: () => unknown,
    onText: (text: string) => void = () => undefined,
  ): Promise<void> {
    // Not even a byte order mark is swallowed: what is read does not depend on how it came in pieces.
    const decoder = new TextDecoder('utf-8', { ignoreBOM: true });
    const filter = escapes === 'strip' ? createEscapeFilter() : undefined;
    const add = (text: string) => {
      this.#add(filter?.push(text) ?? text);
      onText(text);
    };
    let cause: unknown;
    try {
      for await (const chunk of channel) {
        add(decoder.decode(chunk, { stream: true }));
        this.#faults.advance(chunk.length);
      }
    } catch (error) {
      cause = error;
    }
    add(decoder.decode());
    this.#end = new StreamEnd('the console has ended', { cause: cause ?? why() });
    this.#announce();
  }

  /** The last text that came, whether or not it was consumed, without secrets. */
  get tail(): string {
    return this.mask(this.#tail);
  }

  /** The text without secrets. */
  mask(text: string): string {
    return this.#secrets.mask(text);
  }

  /** Something has gone wrong with the device: it ends who waits when all text before it has been read. */
  hear(news: FaultNews): void {
    this.#faults.hear(news);
    this.#announce();
  }

  /** From now on shown as `***`: a long secret wherever it stands, a short one at the end of a line, as an echo is. */
  hide(secret: string): void {
    this.#secrets.add(secret);
  }

  /** Lets more unread text be kept until the returned object is disposed of. */
  widen(window: number): Disposable {
    this.#window = window;
    return {
      [Symbol.dispose]: () => {
        this.#window = WINDOW;
      },
    };
  }

  /**
   * Waits for one of `patterns` and consumes up to its end.
   *
   * @throws StreamEnd when the stream has ended; FaultStrike when the device has failed; the signal's reason when that aborts.
   */
  async find(patterns: Patterns, signal: AbortSignal): Promise<Found> {
    for (;;) {
      const found = await this.findUnlessQuiet(patterns, Number.POSITIVE_INFINITY, signal);
      if (found) return found;
    }
  }

  /** As `find`, but gives up, with `undefined`, when nothing has come for `quiet` milliseconds. */
  async findUnlessQuiet(patterns: Patterns, quiet: number, signal: AbortSignal): Promise<Found | undefined> {
    const matchers = createMatchers(patterns);
    this.#unread.rewind();
    for (;;) {
      signal.throwIfAborted();
      const found = this.#unread.search(matchers);
      if (found) return found;
      if (this.#end) throw this.#end;
      this.#faults.check();
      if (!(await this.somethingComes(quiet, signal))) return undefined;
    }
  }

  /** The text that has come since the last time; waits for some. `undefined` at the end. @throws what ended the stream. */
  async read(signal: AbortSignal): Promise<string | undefined> {
    for (;;) {
      signal.throwIfAborted();
      const text = this.#unread.take();
      if (text !== '') return text;
      if (this.#end?.cause !== undefined) throw this.#end.cause;
      if (this.#end) return undefined;
      this.#faults.check();
      await this.somethingComes(Number.POSITIVE_INFINITY, signal);
    }
  }

  #add(text: string): void {
    if (text === '') return;
    this.#unread.append(text, this.#window);
    this.#tail = (this.#tail + text).slice(-TAIL);
    this.#announce();
  }

  #announce(): void {
    this.#news.resolve();
    this.#news = Promise.withResolvers();
  }

  /** Whether anything comes (or the stream ends) before it has been quiet for `quiet` milliseconds. */
  async somethingComes(quiet: number, signal: AbortSignal): Promise<boolean> {
    const news = this.#news.promise.then(() => true);
    if (!Number.isFinite(quiet)) return raceSignal(news, signal);
    const { promise: silence, resolve } = Promise.withResolvers<boolean>();
    const timer = setTimeout(resolve, quiet, false);
    return raceSignal(Promise.race([news, silence]), signal).finally(() => clearTimeout(timer));
  }
}
