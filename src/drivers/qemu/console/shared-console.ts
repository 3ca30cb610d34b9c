import type { Writable } from 'node:stream';
import { DeviceError, StateError } from '../../../core/index.ts';
import type { ByteChannel, ConsoleStart, ConsoleStatus } from '../../../interfaces/index.ts';
import type { Recorder } from './recorder.ts';
import { readSteadily } from './steady-reader.ts';
import { WriteTurn } from './write-turn.ts';

/** How a stream of the console is to be opened. */
export interface ConsoleRequest {
  readonly from: ConsoleStart;
  readonly takeOver: boolean;
  readonly counts?: boolean | undefined;
  readonly faults?: 'end' | 'stay' | undefined;
  /** Who opens it, for whoever finds it busy. */
  readonly name: string;
}

/** One console for many: every stream reads the recording, and one at a time writes to the machine. */
export class SharedConsole {
  readonly #recorder: Recorder;
  readonly #turn: WriteTurn;
  readonly #open = new Set<ConsoleStream>();
  #input: Writable | undefined;

  constructor(recorder: Recorder, turn: WriteTurn = new WriteTurn()) {
    this.#recorder = recorder;
    this.#turn = turn;
  }

  /** From now on what is written goes to `input`; to nobody when it is undefined. */
  connect(input: Writable | undefined): void {
    this.#input = input;
    // Who wrote to the machine that went off has nothing to do with the one that comes.
    if (!input) this.#turn.clear();
  }

  /** A stream of the console. @throws ConfigError when it is to start beyond the end. */
  open({ from, takeOver, counts, faults, name }: ConsoleRequest): ByteChannel {
    const recorder = this.#recorder;
    const stream: ConsoleStream = new ConsoleStream({
      read: (signal) =>
        faults === 'stay'
          ? readSteadily(recorder, from, signal, counts)
          : recorder.read(from, signal, counts),
      write: (chunk) => this.#write(stream, name, chunk),
      release: () => this.#turn.release(stream),
      forget: () => this.#open.delete(stream),
    });
    if (takeOver) this.#turn.takeOver(stream, name);
    this.#open.add(stream);
    return stream;
  }

  /** Ends every open stream. */
  async close(): Promise<void> {
    await Promise.all([...this.#open].map((stream) => stream[Symbol.asyncDispose]()));
  }

  status(): ConsoleStatus {
    const { offset, oldest, boot, resumed, next, path } = this.#recorder;
    return { offset, oldest, boot, resumed, next, writer: this.#turn.holder, transcript: path };
  }

  async #write(stream: ConsoleStream, name: string, chunk: Uint8Array): Promise<void> {
    const input = this.#input;
    if (!input || input.destroyed) {
      const message = 'the machine is off: nothing can be written to its console';
      throw new StateError(message, { state: 'off', needed: 'running' }, { operation: 'console.write' });
    }
    this.#turn.take(stream, name);
    await new Promise<void>((resolve, reject) => {
      input.write(chunk, (cause) => (cause ? reject(switchedOff(cause)) : resolve()));
    });
  }
}

interface StreamParts {
  readonly read: (signal: AbortSignal) => AsyncIterable<Uint8Array>;
  readonly write: (chunk: Uint8Array) => Promise<void>;
  readonly release: () => void;
  readonly forget: () => void;
}

class ConsoleStream implements ByteChannel {
  readonly #parts: StreamParts;
  readonly #chunks: AsyncIterator<Uint8Array>;
  /** Aborts when no more is to be read, with the reason; with {@link CLOSED} where nothing is wrong. */
  readonly #reading = new AbortController();
  #ended = false;

  constructor(parts: StreamParts) {
    this.#parts = parts;
    this.#chunks = parts.read(this.#reading.signal)[Symbol.asyncIterator]();
  }

  /** A refused write ends the whole stream: bytes are never dropped in silence. */
  async write(chunk: Uint8Array): Promise<void> {
    if (this.#ended) {
      throw new StateError('nothing can be written to a stream that has been ended', {
        state: 'ended',
        needed: 'open',
      });
    }
    try {
      await this.#parts.write(chunk);
    } catch (error) {
      this.#finish(error);
      throw error;
    }
  }

  async end(): Promise<void> {
    this.#ended = true;
    this.#parts.release();
  }

  async *[Symbol.asyncIterator](): AsyncGenerator<Uint8Array> {
    try {
      // Not `yield*`: leaving the loop early must not end the stream, another loop may go on from there.
      for (;;) {
        const { done, value } = await this.#chunks.next();
        if (done) return;
        yield value;
      }
    } catch (error) {
      if (error !== CLOSED) throw error;
    }
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.#finish(CLOSED);
  }

  #finish(reason: unknown): void {
    this.#ended = true;
    this.#parts.release();
    this.#parts.forget();
    this.#reading.abort(reason);
  }
}

/** Why a stream ends that was closed on purpose. */
const CLOSED = Symbol('closed');

function switchedOff(cause: Error): DeviceError {
  const message = 'the machine went off before it had read what was written to its console';
  return new DeviceError(message, { event: 'off', tail: '' }, { operation: 'console.write', cause });
}
