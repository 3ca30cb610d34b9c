import { CapacityError, ConfigError, type Log, raceSignal } from '../../../core/index.ts';
import type { ConsoleStart } from '../../../interfaces/index.ts';
import { Spool } from './spool.ts';
import { Transcript } from './transcript.ts';

/** The largest piece that a reader gets at once. */
const PIECE = 64 * 1024;
/** How much of the end is looked at for the last lines. */
const TAIL = 8 * 1024;

export interface RecorderOptions {
  /** A folder for what is not yet recorded. It must outlive us, to be found when we are killed. */
  readonly spool: string;
  readonly log: Log;
  readonly clock?: (() => Date) | undefined;
}

/** The time between a power-on and the end of what the machine says. */
interface Session {
  /** Where it ended; unset while it lasts. */
  end?: number;
  /** Why it ended, unless it was switched off. */
  error?: Error | undefined;
}

/**
 * Records a console into its transcript, and lets any number of readers read that, each at its own pace.
 *
 * Readers read the file, not the device: a slow one costs neither memory nor anybody's time. A reader ends at the end of the
 * session that was going on when it began; one that begins when the machine is off reads what is left, or waits for the next
 * session if nothing is.
 */
export class Recorder implements AsyncDisposable {
  readonly #transcript: Transcript;
  readonly #options: RecorderOptions;
  readonly #sessions: Session[] = [];
  /** Where the next reader `from: 'next'` starts. */
  #next = 0;
  #changed = Promise.withResolvers<void>();
  /** What the machine prints to, while it does. */
  #spool: Spool | undefined;
  #recording: Promise<void> = Promise.resolve();
  #boot = 0;
  #failure: Error | undefined;

  private constructor(transcript: Transcript, options: RecorderOptions) {
    this.#transcript = transcript;
    this.#options = options;
  }

  /** Begins a transcript in `folder`. */
  static async open(folder: string, options: RecorderOptions): Promise<Recorder> {
    return new Recorder(await Transcript.open(folder, options.clock), options);
  }

  /** The file with the bytes. */
  get path(): string {
    return this.#transcript.path;
  }

  /** Bytes recorded so far. */
  get offset(): number {
    return this.#transcript.length;
  }

  /** Where the next reader `from: 'next'` starts. */
  get next(): number {
    return this.#next;
  }

  /** Where the last power-on was. */
  get boot(): number {
    return this.#boot;
  }

  /**
   * A power-on: what is written to the file that is returned is recorded, until its end. The session lasts until `finish`.
   * `onRecorded` gets each piece when readers do.
   */
  async begin(onRecorded?: (chunk: Uint8Array) => void): Promise<Spool> {
    const spool = await Spool.open(this.#options.spool, this.offset, this.#options.log);
    this.#sessions.push({});
    this.#boot = this.offset;
    this.#next = this.offset;
    this.#spool = spool;
    this.#recording = this.#record(spool, onRecorded);
    this.#announce();
    return spool;
  }

  /** The machine speaks again after `finish`, without having been off. */
  resume(): void {
    if (this.#sessions.at(-1)?.end !== undefined) this.#sessions.push({});
    this.#announce();
  }

  /** Nothing more will come in this session: its readers end when they have read all, with `error` if there is one. */
  finish(error?: Error): void {
    const session = this.#sessions.at(-1);
    if (!session || session.end !== undefined) return;
    session.end = this.offset;
    session.error = this.#failure ?? error;
    this.#announce();
  }

  /** Resolves when what the machine prints to has ended and all of it is recorded. */
  async drained(): Promise<void> {
    await this.#recording;
  }

  /** Resolves when all that has been printed is recorded, while the machine goes on. */
  async settled(): Promise<void> {
    const spool = this.#spool;
    const printed = spool ? this.boot + (await spool.arrived()) : 0;
    while (spool && spool === this.#spool && this.offset < printed) await this.#changed.promise;
  }

  /** The last lines, for people. */
  async tail(lines = 20): Promise<string> {
    const from = Math.max(this.boot, this.offset - TAIL);
    if (from === this.offset) return '';
    const text = new TextDecoder().decode(await this.#transcript.read(from, TAIL));
    return text.replaceAll('\r', '').trimEnd().split('\n').slice(-lines).join('\n');
  }

  /** Notes in the transcript's times what happened. */
  async mark(event: string): Promise<void> {
    if (!this.#failure) await this.#transcript.mark(event).catch((error) => this.#fail(error));
  }

  /**
   * What was said and will be said from `start` on; the next reader goes on where those end that `count`. Aborting `signal`
   * ends it with the signal's reason.
   */
  read(start: ConsoleStart, signal: AbortSignal, counts = start === 'next'): AsyncIterable<Uint8Array> {
    const offset = this.#offsetOf(start);
    const last = this.#sessions.at(-1);
    const nothingLeft = last?.end === undefined ? !last : offset >= last.end;
    const session = this.#sessions.length - (nothingLeft ? 0 : 1);
    return this.#follow(offset, session, counts, signal);
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.finish();
    this.#spool?.end();
    await this.#recording;
    await this.#transcript[Symbol.asyncDispose]();
  }

  async *#follow(
    start: number,
    sessionIndex: number,
    counts: boolean,
    signal: AbortSignal,
  ): AsyncGenerator<Uint8Array> {
    for (let offset = start; ; ) {
      signal.throwIfAborted();
      const session = this.#sessions[sessionIndex];
      const end = session?.end ?? this.offset;
      if (offset < end) {
        const chunk = await this.#transcript.read(offset, Math.min(PIECE, end - offset));
        offset += chunk.length;
        if (counts) this.#next = Math.max(this.#next, offset);
        yield chunk;
      } else if (session?.end === undefined) {
        await raceSignal(this.#changed.promise, signal);
      } else if (session.error) throw session.error;
      else return;
    }
  }

  #offsetOf(start: ConsoleStart): number {
    if (start === 'next') return this.#next;
    if (start === 'boot') return this.boot;
    if (start === 'now') return this.offset;
    if (start <= this.offset) return start;
    const message = `got ${start}; the console has ${this.offset} bytes so far`;
    throw new ConfigError(`from: ${message}`, { issues: [{ path: 'from', message }] });
  }

  async #record(spool: Spool, onRecorded: (chunk: Uint8Array) => void = () => undefined): Promise<void> {
    try {
      for await (const chunk of spool) {
        await this.#store(chunk);
        onRecorded(chunk);
      }
    } catch (error) {
      this.#fail(error);
    }
    this.#spool = undefined;
    this.#announce();
  }

  async #store(chunk: Uint8Array): Promise<void> {
    if (this.#failure) return;
    try {
      await this.#transcript.append(chunk);
      this.#announce();
    } catch (error) {
      this.#fail(error);
    }
  }

  #fail(cause: unknown): void {
    const message = `the console can no longer be recorded in ${this.path}: ${String(cause)}`;
    this.#failure ??= new CapacityError(message, { needed: PIECE, free: 0 }, { cause });
    this.finish(this.#failure);
  }

  #announce(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}
