import {
  type Command,
  type OpenWait,
  StateError,
  startDeadline,
  type WaitOptions,
} from '../../core/index.ts';
import type { ByteChannel, FaultNews } from '../../interfaces/index.ts';
import type { FaultOptions, FaultWatch } from '../faults/fault-watch.ts';
import type { Credentials } from '../machine.ts';
import type { RemoteNode } from '../node.ts';
import { type DEFAULT_TIMEOUT, withDefault } from '../timeouts.ts';
import { describePatterns, type Pattern, type Patterns } from './patterns.ts';
import { findFaults } from './text-faults.ts';
import { startWait, type TtyEvidence } from './tty-errors.ts';
import { TtyFaults } from './tty-faults.ts';
import type { TtyLine } from './tty-line.ts';
import { LOGIN_TIMING, type LoginCircumstances, loginOnTty, type TtyLoginOptions } from './tty-login.ts';
import { TtyReader } from './tty-reader.ts';
import { runOnTty, type TtyResult, type TtyRunOptions } from './tty-run.ts';

/** What `expect` found. */
export interface Expected<Name extends string = string> {
  /** The name of the pattern that was found. */
  readonly name: Name;
  /** The match of a regular expression, with its groups. */
  readonly match: RegExpExecArray | null;
  /** The text that came before the match, from where the last one ended. */
  readonly before: string;
  /** The text that matched. */
  readonly text: string;
}

export type TtyWaitOptions = WaitOptions & FaultOptions;

/**
 * An open console: one conversation at a time, in text.
 *
 * `expect`, `read` and iteration consume what they return. Unread text is kept up to 1 MiB, then the oldest goes.
 * Closing leaves the device as it is.
 */
export interface Tty extends AsyncIterable<string>, AsyncDisposable {
  /**
   * Waits for text. Consumes up to the end of the match, and returns at once when the text has come before the call. Of
   * several patterns the first to be complete counts.
   *
   * A regular expression is tried on what has come so far: let it end in something definite, such as `\r\n`. Its match
   * may have up to 64 KiB.
   *
   * @throws ExpectError with `reason: 'timeout'`, or `'closed'` when the console has ended; DeviceError at once when the device
   * fails, unless the text came before that.
   */
  expect(pattern: Pattern, options?: TtyWaitOptions): Promise<Expected<'match'>>;
  expect<const P extends Patterns>(
    patterns: P,
    options?: TtyWaitOptions,
  ): Promise<Expected<keyof P & string>>;
  /** Types text, or sends bytes as they are. */
  write(data: string | Uint8Array, options?: WaitOptions): Promise<void>;
  /** Types text and the Enter key. */
  sendLine(text: string, options?: WaitOptions): Promise<void>;
  /** Types Ctrl-C. */
  interrupt(options?: WaitOptions): Promise<void>;
  /** The next text; waits for some. `undefined` when the console has ended. @throws DeviceError when the device stands still. */
  read(options?: TtyWaitOptions): Promise<string | undefined>;
  /**
   * Logs in and ends at a shell prompt, also when somebody is logged in already. A login that is refused is tried again
   * with the next prompt: the user may still have to be made.
   *
   * @throws AuthError when the time is up and logins were refused; DeviceError when the device fails or its system
   * does not come up; ExpectError otherwise. None shows the password.
   */
  login(credentials: Credentials, options?: TtyLoginOptions): Promise<void>;
  /**
   * Runs a command in the POSIX shell that waits at the prompt. Text is the shell's as it is; the words of an array are
   * quoted. Directory and variables stay for the next command. Escape codes and messages of the kernel are left out.
   *
   * A command that takes too long, or whose signal aborts, gets a Ctrl-C.
   *
   * @throws CommandError when it fails, unless `reject` is false; DeviceError when the device fails meanwhile.
   */
  run(command: Command, options?: TtyRunOptions): Promise<TtyResult>;
  /** The last text that came, whether or not it was consumed. */
  readonly tail: string;
  /** The file in which the console is recorded, on the exporter's host. */
  readonly transcript: string | undefined;
  close(): Promise<void>;
}

/** How a console is made from its channel. */
export interface TtyParts {
  readonly channel: ByteChannel;
  readonly escapes: 'strip' | 'keep';
  readonly transcript: string | undefined;
  /** Who tells of faults, and where in the recording the channel begins. Without, they are found in the text. */
  readonly recorded?: { readonly watch: FaultWatch; readonly start: number } | undefined;
  /** What calls do at faults unless they say so themselves. */
  readonly faults?: FaultOptions['faults'];
  readonly hasShownAnything: LoginCircumstances['hasShownAnything'];
  /** Why the channel has ended, if that is known elsewhere. */
  readonly whyEnded: () => unknown;
  readonly close: () => Promise<void>;
  /** Where the console is. */
  readonly node?: RemoteNode | undefined;
  readonly timing?: LoginCircumstances['timing'];
}

/** Opens a conversation on `channel`, which it then owns. */
export function openTty(parts: TtyParts): Tty {
  const { channel, escapes, whyEnded, recorded } = parts;
  const faults = new TtyFaults(recorded?.start);
  const reader = new TtyReader(faults);
  const hear = (news: FaultNews) => reader.hear(news);
  const found = recorded ? undefined : findFaults(() => reader.tail, hear);
  const told = recorded?.watch.listen(hear);
  const pumping = reader.pump(channel, escapes, whyEnded, found && ((text) => found.push(text)));
  void pumping.finally(() => {
    found?.[Symbol.dispose]();
    told?.[Symbol.dispose]();
  });
  return new ConsoleTty(reader, faults, parts);
}

class ConsoleTty implements Tty {
  readonly #reader: TtyReader;
  readonly #faults: TtyFaults;
  readonly #parts: TtyParts;
  readonly #line: TtyLine;
  /** Whose turn it is to read. */
  #turn: string | undefined;

  constructor(reader: TtyReader, faults: TtyFaults, parts: TtyParts) {
    this.#reader = reader;
    this.#faults = faults;
    this.#parts = parts;
    this.#line = {
      reader,
      sendLine: (text, signal) => this.sendLine(text, { signal }),
      interrupt: () => this.interrupt(),
      evidence: () => this.#evidence(),
    };
  }

  get tail(): string {
    return this.#reader.tail;
  }

  get transcript(): string | undefined {
    return this.#parts.transcript;
  }

  async expect<const P extends Patterns>(
    wanted: Pattern | P,
    options: TtyWaitOptions = {},
  ): Promise<Expected<never>> {
    const patterns: Patterns =
      typeof wanted === 'string' || wanted instanceof RegExp ? { match: wanted } : wanted;
    const shown = describePatterns(patterns);
    const waits = this.#withDefault('expect', options);
    return this.#takeTurn('expect', options, async () => {
      using wait = startWait(waits, 'console.expect');
      try {
        const { name, groups, before, text } = await this.#reader.find(patterns, wait.signal);
        return { name: name as never, match: groups, before, text }; // SAFE: a key of the caller's patterns
      } catch (error) {
        throw wait.failed(error, { ...this.#evidence(), waitingFor: shown.join(' or '), patterns: shown });
      }
    });
  }

  async write(data: string | Uint8Array, options: WaitOptions = {}): Promise<void> {
    using wait = startWait(options, 'console.write');
    const bytes = typeof data === 'string' ? Buffer.from(data) : data;
    try {
      await wait.race(this.#parts.channel.write(bytes));
    } catch (error) {
      throw wait.failed(error, { ...this.#evidence(), waitingFor: 'the device to take input', patterns: [] });
    }
  }

  sendLine(text: string, options?: WaitOptions): Promise<void> {
    return this.write(`${text}\r`, options);
  }

  interrupt(options?: WaitOptions): Promise<void> {
    return this.write('\x03', options);
  }

  read(options: TtyWaitOptions = {}): Promise<string | undefined> {
    return this.#takeTurn('read', options, async () => {
      using wait = startWait(options, 'console.read');
      try {
        return await this.#reader.read(wait.signal);
      } catch (error) {
        throw wait.failed(error, { ...this.#evidence(), waitingFor: 'text', patterns: [] });
      }
    });
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<string, void> {
    for (let text = await this.read(); text !== undefined; text = await this.read()) yield text;
  }

  login(credentials: Credentials, options: TtyLoginOptions = {}): Promise<void> {
    const { hasShownAnything, timing = LOGIN_TIMING } = this.#parts;
    const waits = this.#withDefault('login', options);
    return this.#takeTurn('login', options, () =>
      loginOnTty(this.#line, credentials, waits, { hasShownAnything, timing }),
    );
  }

  run(command: Command, options: TtyRunOptions = {}): Promise<TtyResult> {
    const waits = this.#withDefault('run', options);
    return this.#takeTurn('run', options, () => runOnTty(this.#line, command, waits));
  }

  close(): Promise<void> {
    return this.#parts.close();
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #withDefault<O extends WaitOptions>(kind: keyof typeof DEFAULT_TIMEOUT, options: O): O & OpenWait {
    return withDefault(kind, this.#parts.node, options);
  }

  /** Text goes to one reader only: two at once would each miss what the other got. */
  async #takeTurn<T>(operation: string, options: TtyWaitOptions, act: () => Promise<T>): Promise<T> {
    if (this.#turn) {
      throw new StateError(
        `console.${operation}: another call (${this.#turn}) is reading this console; await it first`,
        { state: this.#turn, needed: 'no other call' },
        { operation: `console.${operation}` },
      );
    }
    this.#turn = operation;
    try {
      using _call = await this.#concern(operation, options);
      return await act();
    } finally {
      this.#turn = undefined;
    }
  }

  /** Whoever takes what comes is only stopped where nothing can come. */
  async #concern(operation: string, options: TtyWaitOptions): Promise<Disposable> {
    const { faults = this.#parts.faults } = options;
    // It may have to ask the exporter.
    const purpose = { operation: `console.${operation}`, waitingFor: 'the exporter' };
    using deadline = startDeadline(options, purpose);
    const concern = faults === 'ignore' ? 'none' : operation === 'read' ? 'standstill' : 'all';
    return await this.#faults.begin(concern, this.#parts.recorded?.watch, deadline.signal);
  }

  #evidence(): Pick<TtyEvidence, 'tail' | 'transcript' | 'mask'> {
    const { tail } = this.#reader;
    return { tail, transcript: this.#parts.transcript, mask: (text) => this.#reader.mask(text) };
  }
}
