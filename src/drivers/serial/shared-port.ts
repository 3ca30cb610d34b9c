import { raceSignal, StateError } from '../../core/index.ts';
import { type ByteChannel, writtenAfterEnd } from '../../interfaces/index.ts';
import { ChunkQueue } from '../std/index.ts';
import type { Line, OpenPort } from './port.ts';
import { inTurn, type Write } from './throttle.ts';

/** While no reader has less than this to read, the port is not read: bytes. */
const ROOM = 64 * 1024;
/** A reader that is further behind than this while others go on is ended: bytes. */
const FURTHEST_BEHIND = 1024 * 1024;

/** What a shared port is made of. */
export interface PortParts {
  /** For people. */
  readonly name: string;
  readonly open: (signal: AbortSignal) => Promise<OpenPort>;
  /** How bytes get onto the line: as they come, or slower. */
  readonly pace: (write: Write) => Write;
}

/**
 * One port for any number of streams: opened by the first, closed after the last. Each reads all that comes while it is
 * open, and what they write goes out chunk by chunk.
 */
export class SharedPort {
  readonly #parts: PortParts;
  #current: Opening | undefined;
  /** What is left of an earlier one. */
  #closing: Promise<unknown> = Promise.resolve();

  constructor(parts: PortParts) {
    this.#parts = parts;
  }

  /** A stream. @throws what opening the port fails with; the signal's reason. */
  async connect(signal: AbortSignal): Promise<ByteChannel> {
    const opening = await this.#use(signal);
    return opening.stream(() => this.#release(opening));
  }

  /** Sets a control line, of the port that is open or of one that is opened for that. */
  async set(line: Line, value: boolean, signal: AbortSignal): Promise<void> {
    const opening = await this.#use(signal);
    try {
      await raceSignal(
        opening.port.then((port) => port.set(line, value)),
        signal,
      );
    } finally {
      await this.#release(opening);
    }
  }

  /** Closes the port; every stream ends. The next one opens it again. */
  async close(): Promise<void> {
    this.#current?.end();
    if (this.#current) this.#retire(this.#current);
    await this.#closing;
  }

  async #use(signal: AbortSignal): Promise<Opening> {
    signal.throwIfAborted();
    this.#current ??= this.#begin();
    const opening = this.#current;
    opening.users += 1;
    try {
      await raceSignal(opening.port, signal);
      return opening;
    } catch (error) {
      await this.#release(opening);
      throw error;
    }
  }

  #begin(): Opening {
    const { name, open, pace } = this.#parts;
    const abandon = new AbortController();
    const port = this.#closing.then(() => open(abandon.signal));
    const opening = new Opening(name, port, pace, abandon);
    void opening.pump().then(() => this.#retire(opening));
    return opening;
  }

  async #release(opening: Opening): Promise<void> {
    opening.users -= 1;
    if (opening.users > 0) return;
    this.#retire(opening);
    await this.#closing;
  }

  #retire(opening: Opening): void {
    if (this.#current === opening) this.#current = undefined;
    this.#closing = Promise.all([this.#closing, opening.close()]);
  }
}

/** The port from when it is opened until it is closed. */
class Opening {
  readonly port: Promise<OpenPort>;
  users = 0;
  readonly #name: string;
  readonly #write: Write;
  readonly #abandon: AbortController;
  readonly #readers = new Set<ChunkQueue>();
  #changed = Promise.withResolvers<void>();
  #closed: Promise<void> | undefined;

  constructor(name: string, port: Promise<OpenPort>, pace: PortParts['pace'], abandon: AbortController) {
    this.#name = name;
    this.port = port;
    this.#abandon = abandon;
    this.#write = inTurn(pace(async (chunk) => (await port).write(chunk)));
  }

  stream(release: () => Promise<void>): ByteChannel {
    const queue = new ChunkQueue();
    this.#readers.add(queue);
    this.#tell();
    const closing = new AbortController();
    let ended = false;
    return {
      write: async (chunk) => {
        if (ended) throw writtenAfterEnd();
        await this.#write(chunk, AbortSignal.any([closing.signal, this.#abandon.signal]));
      },
      // A line has no end.
      end: async () => {
        ended = true;
      },
      [Symbol.asyncIterator]: () => queue.read(() => this.#tell()),
      [Symbol.asyncDispose]: async () => {
        if (closing.signal.aborted) return;
        closing.abort(closedError(this.#name));
        queue.end();
        this.#readers.delete(queue);
        this.#tell();
        await release();
      },
    };
  }

  /** Ends every stream. */
  end(reason?: unknown): void {
    for (const queue of this.#readers) queue.end(reason);
    this.#readers.clear();
    this.#tell();
  }

  /** Gives every reader what comes, until nothing more does. */
  async pump(): Promise<void> {
    try {
      for await (const chunk of await this.port) {
        for (const queue of this.#readers) queue.push(chunk);
        this.#leaveBehind();
        while (this.#isFull && !this.#closed) await this.#changed.promise;
      }
      this.end();
    } catch (error) {
      this.#abandon.abort(error);
      this.end(error);
    }
  }

  /** Closes the port, also one that is still being opened. */
  close(): Promise<void> {
    this.#abandon.abort(closedError(this.#name));
    this.#closed ??= this.port.then(
      (port) => port[Symbol.asyncDispose]().then(),
      () => undefined,
    );
    this.#tell();
    return this.#closed;
  }

  get #isFull(): boolean {
    return this.#readers.size > 0 && [...this.#readers].every(({ unread }) => unread >= ROOM);
  }

  /** One that sleeps must not hold up those that read. */
  #leaveBehind(): void {
    for (const queue of this.#readers) {
      if (queue.unread < FURTHEST_BEHIND) continue;
      const message = `${this.#name}: this reader is ${queue.unread} bytes behind others`;
      queue.end(new StateError(message, { state: 'behind', needed: 'a reader that keeps up' }));
      this.#readers.delete(queue);
    }
  }

  #tell(): void {
    this.#changed.resolve();
    this.#changed = Promise.withResolvers();
  }
}

function closedError(name: string): StateError {
  return new StateError(`${name}: the port was closed`, { state: 'closed', needed: 'an open stream' });
}
