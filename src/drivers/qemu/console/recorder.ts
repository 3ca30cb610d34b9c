import {
  CapacityError,
  formatSize,
  type Log,
  mistake,
  raceSignal,
  type Secrets,
} from '../../../core/index.ts';
import type { ConsoleStart } from '../../../interfaces/index.ts';
import { Spool } from './spool.ts';
import { type Loss, Transcript } from './transcript.ts';

/** The largest piece that a reader gets at once. */
const PIECE = 64 * 1024;
/** How much of the end is looked at for the last lines. */
const TAIL = 8 * 1024;

export interface RecorderOptions {
  /** A folder for what is not yet recorded. It must outlive us, to be found when we are killed. */
  readonly spool: string;
  /** Most bytes that the transcript may have. */
  readonly limit: number;
  readonly log: Log;
  /** What is masked in the lines that errors quote. The transcript has everything. */
  readonly secrets?: Secrets | undefined;
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
  #resumed = false;
  /** Where what is being lost began. */
  #losing: number | undefined;
  /** Whether it has been said that the oldest is dropped. */
  #dropping = false;

  private constructor(transcript: Transcript, options: RecorderOptions) {
    this.#transcript = transcript;
    this.#options = options;
  }

  /** Begins a transcript in `folder`. */
  static async open(folder: string, options: RecorderOptions): Promise<Recorder> {
    return new Recorder(await Transcript.open(folder, options), options);
  }

  /** The file with the bytes. */
  get path(): string {
    return this.#transcript.path;
  }

  /** Bytes recorded so far. */
  get offset(): number {
    return this.#transcript.length;
  }

  /** The first offset that is still there. */
  get oldest(): number {
    return this.#transcript.available(0);
  }

  /** Where the next reader `from: 'next'` starts. */
  get next(): number {
    return this.#next;
  }

  /** Where the last power-on was. */
  get boot(): number {
    return this.#boot;
  }

  /** Whether the machine has gone on since then from what it had been, without a boot. */
  get resumed(): boolean {
    return this.#resumed;
  }

  /**
   * A power-on: what is written to the file that is returned is recorded, until its end. The session lasts until `finish`.
   * `onRecorded` gets each piece when readers do.
   */
  async begin(onRecorded?: (chunk: Uint8Array) => void): Promise<Spool> {
    const spool = await Spool.open(this.#options.spool, this.offset, this.#options.log);
    this.#sessions.push({});
    this.#boot = this.offset;
    this.#resumed = false;
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
    session.end = this.#transcript.loss?.from ?? this.offset;
    session.error = error;
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

  /** The last lines, for people, without secrets. */
  async tail(lines = 20): Promise<string> {
    const chunks: Uint8Array[] = [];
    const { offset: end } = this;
    for (let offset = this.#transcript.available(Math.max(this.boot, end - TAIL)); offset < end; ) {
      const chunk = await this.#transcript.read(offset, end - offset);
      chunks.push(chunk);
      offset = this.#transcript.available(offset + chunk.length);
    }
    const shown = new TextDecoder().decode(Buffer.concat(chunks)).replaceAll('\r', '');
    const text = this.#options.secrets?.mask(shown) ?? shown;
    return text.trimEnd().split('\n').slice(-lines).join('\n');
  }

  /** What is still there of all before `end`. */
  async *history(end: number): AsyncGenerator<Uint8Array> {
    for (let offset = this.oldest; offset < end; ) {
      const chunk = await this.#transcript.read(offset, Math.min(PIECE, end - offset));
      yield chunk;
      offset = this.#transcript.available(offset + chunk.length);
    }
  }

  /** Begins with what another machine's console has shown. Only for a recorder that has recorded nothing. */
  async inherit(history: AsyncIterable<Uint8Array>): Promise<void> {
    for await (const chunk of history) await this.#transcript.append(chunk);
    this.#boot = this.offset;
    this.#next = this.offset;
    await this.mark('inherited');
  }

  /** The machine that was switched on goes on from what it had been. */
  async goesOn(): Promise<void> {
    this.#resumed = true;
    await this.mark('resumed');
  }

  /** Notes in the transcript's times what happened. */
  async mark(event: string): Promise<void> {
    await this.#transcript.mark(event);
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
        const next = this.#transcript.available(offset);
        // What is not there is told once; who comes next goes on behind it.
        if (counts) this.#next = Math.max(this.#next, next);
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
    if (start === 'now') return this.offset;
    const offset = start === 'boot' ? this.boot : start;
    const available = this.#transcript.available(offset);
    if (offset === available || offset === this.offset) return offset;
    const there =
      offset > this.offset
        ? `the console has ${this.offset} bytes so far`
        : `what is there after it begins at ${available}, and the oldest at ${this.oldest}`;
    const message = `got ${start === 'boot' ? `boot, which is ${offset}` : start}; ${there}`;
    throw mistake('from', message);
  }

  async #record(spool: Spool, onRecorded: (chunk: Uint8Array) => void = () => undefined): Promise<void> {
    try {
      for await (const chunk of spool) await this.#store(chunk, onRecorded);
    } catch (cause) {
      const error = unrecorded(this.path, { from: this.offset, cause });
      this.#options.log.error({ from: this.offset }, error.message);
      this.finish(error);
    }
    this.#spool = undefined;
    this.#announce();
  }

  async #store(chunk: Uint8Array, onRecorded: (chunk: Uint8Array) => void): Promise<void> {
    const { oldest } = this;
    await this.#transcript.append(chunk);
    this.#tellLoss(this.#transcript.loss);
    if (this.oldest !== oldest) this.#tellDropped();
    onRecorded(chunk);
    this.#announce();
  }

  /** Readers end with what is being lost; who comes when there is room again gets what is recorded then. */
  #tellLoss(loss: Loss | undefined): void {
    if (loss && this.#losing === undefined) {
      this.#losing = loss.from;
      const error = unrecorded(this.path, loss);
      this.#options.log.error({ from: loss.from }, error.message);
      this.finish(error);
    } else if (!loss && this.#losing !== undefined) {
      const lost = { from: this.#losing, to: this.#transcript.available(this.#losing) };
      this.#options.log.warn(lost, 'the console is recorded again; what came meanwhile is lost');
      this.#losing = undefined;
      this.resume();
    }
  }

  #tellDropped(): void {
    const { limit, log } = this.#options;
    if (!this.#dropping)
      log.warn(
        { transcript: this.path, oldest: this.oldest },
        `the console has printed more than its transcript may have (consoleLimit: ${formatSize(limit)}): the oldest is dropped`,
      );
    this.#dropping = true;
  }

  #announce(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

function unrecorded(path: string, { from, cause }: Loss): CapacityError {
  const why = cause instanceof Error ? cause.message : String(cause);
  const message = `the console cannot be recorded in ${path}, and is lost from offset ${from} on: ${why}`;
  return new CapacityError(message, { needed: PIECE, free: 0 }, { cause });
}
