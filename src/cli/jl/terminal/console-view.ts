import { styleText } from 'node:util';
import { isDutError, raceSignal } from '../../../core/index.ts';
import type { ByteChannel } from '../../../interfaces/index.ts';
import { writeTo } from '../copy.ts';
import { createLeaveSequence } from './leave-sequence.ts';
import { createQueryFilter } from './query-filter.ts';
import { openRawTerminal, type RawTerminal } from './raw-terminal.ts';
import { createScreenModes } from './screen-modes.ts';

/** A console or port that is shown on the user's terminal. */
export interface ViewSource {
  /** What it is called. */
  readonly name: string;
  /** Opens it, from a position on where it has such. */
  open(position: number | undefined, takeOver: boolean): Promise<ByteChannel>;
  /** Of a recorded console: where to begin, and up to where that is history. */
  readonly recorded?: { readonly start: number; readonly history: number } | undefined;
}

export interface ViewOptions {
  /** Keys are not sent. */
  readonly readOnly: boolean;
  readonly takeOver: boolean;
  readonly signal: AbortSignal;
}

const CTRL_T = 0x14;
const BELL = Uint8Array.of(0x07);

/** Shows a console until the user leaves: true, or until it has ended by itself: false. */
export async function viewConsole(source: ViewSource, options: ViewOptions): Promise<boolean> {
  using terminal = openRawTerminal('for programs there is the command `pipe`');
  return await new ConsoleView(source, options, terminal).run();
}

class ConsoleView {
  readonly #source: ViewSource;
  readonly #options: ViewOptions;
  readonly #terminal: RawTerminal;
  readonly #filter = createQueryFilter();
  readonly #modes = createScreenModes();
  readonly #left = new AbortController();
  readonly #stop: AbortSignal;
  /** The stream that is shown; pending while another is opened. */
  #opened = Promise.withResolvers<ByteChannel>();
  #position: number | undefined;
  /** Who is typing, while we may not. */
  #isRefused = false;
  #takeOver: boolean;

  constructor(source: ViewSource, options: ViewOptions, terminal: RawTerminal) {
    this.#source = source;
    this.#options = options;
    this.#terminal = terminal;
    this.#position = source.recorded?.start;
    this.#takeOver = options.takeOver;
    this.#stop = AbortSignal.any([this.#left.signal, options.signal]);
  }

  async run(): Promise<boolean> {
    const { rows, columns } = this.#terminal.size;
    this.#note(
      `${this.#source.name}: Ctrl-B three times leaves${this.#options.readOnly ? '; read-only' : ''}`,
    );
    this.#note(
      `a serial line does not carry the size of the window; if need be: stty rows ${rows} cols ${columns}`,
    );
    // That the terminal is closed is how it ends.
    this.#readKeys().catch(() => undefined);
    try {
      return await this.#show();
    } finally {
      process.stdout.write(`${this.#modes.undo()}\r\n`);
    }
  }

  /** One stream after the other: what is refused a key, or goes off, is looked at again. */
  async #show(): Promise<boolean> {
    for (;;) {
      const before = this.#position;
      const reason = await this.#showOne();
      if (this.#left.signal.aborted) return true;
      this.#options.signal.throwIfAborted();
      if (this.#takeOver) continue;
      // Only a recorded console can be gone on with where it was left.
      const code = before !== undefined && isDutError(reason) ? reason.code : undefined;
      if (code === 'busy' && isDutError(reason)) this.#refuse(reason.fields);
      else if (code === 'state' && isDutError(reason)) this.#note(reason.message);
      else if (reason !== undefined) throw reason;
      else if (before === this.#position) return false;
      else this.#note('the power is off; what comes after the next power-on is shown here');
    }
  }

  /** Shows one stream to its end; what ended it, if anything is wrong. */
  async #showOne(): Promise<unknown> {
    try {
      const channel = await this.#source.open(this.#position, this.#takeOver);
      this.#takeOver = false;
      const close = () => void channel[Symbol.asyncDispose]();
      if (this.#stop.aborted) close();
      this.#stop.addEventListener('abort', close, { once: true });
      const opened = this.#opened;
      opened.resolve(channel);
      try {
        for await (const chunk of channel) await this.#print(chunk);
      } finally {
        this.#stop.removeEventListener('abort', close);
        if (this.#opened === opened) this.#opened = Promise.withResolvers();
        close();
      }
      return undefined;
    } catch (error) {
      return error;
    }
  }

  async #print(chunk: Uint8Array): Promise<void> {
    const history = Math.max(0, (this.#source.recorded?.history ?? 0) - (this.#position ?? 0));
    if (this.#position !== undefined) this.#position += chunk.length;
    const old = Math.min(chunk.length, history);
    const shown = this.#filter.isWithin || old > 0 ? this.#withoutQueries(chunk, old) : chunk;
    this.#modes.see(shown);
    await writeTo(process.stdout, shown);
  }

  /** The first `old` bytes are history, and so is a sequence that began in it. */
  #withoutQueries(chunk: Uint8Array, old: number): Uint8Array {
    const parts = [this.#filter.push(chunk.subarray(0, old))];
    let at = old;
    for (; at < chunk.length && this.#filter.isWithin; at += 1)
      parts.push(this.#filter.push(chunk.subarray(at, at + 1)));
    return Buffer.concat([...parts, chunk.subarray(at)]);
  }

  async #readKeys(): Promise<void> {
    const look = createLeaveSequence();
    try {
      for await (const typed of this.#terminal.keys) {
        const { forward, pressed, left } = look(typed);
        await this.#send(forward);
        if (left) break;
        if (pressed === 2) this.#note('Ctrl-B once more leaves');
      }
    } finally {
      // The terminal is gone, or the user wants to be.
      this.#left.abort();
    }
  }

  async #send(keys: Uint8Array): Promise<void> {
    if (keys.length === 0 || this.#options.readOnly) return;
    if (!this.#isRefused) return await this.#write(keys);
    const at = keys.indexOf(CTRL_T);
    if (at < 0) return void process.stdout.write(BELL);
    this.#isRefused = false;
    this.#takeOver = true;
    const refused = this.#opened.promise;
    this.#opened = Promise.withResolvers();
    await (await refused)[Symbol.asyncDispose]();
    await this.#send(keys.subarray(at + 1));
  }

  /** Keys that come while a stream is opened are for that one. */
  async #write(keys: Uint8Array): Promise<void> {
    const channel = await raceSignal(this.#opened.promise, this.#stop);
    // What a write is refused for, the reader is told as well.
    await channel.write(keys).catch(() => undefined);
  }

  #refuse({ holder, since }: Readonly<Record<string, unknown>>): void {
    this.#isRefused = true;
    this.#note(`${String(holder)} is typing here since ${String(since)}; Ctrl-T takes over`);
  }

  #note(text: string): void {
    process.stdout.write(`\r\n${styleText('dim', `[jl] ${text}`, { stream: process.stdout })}\r\n`);
  }
}
