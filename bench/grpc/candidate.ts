import type { Duplex } from 'node:stream';

/** What the server does with a stream; the client names it in the metadata key `mode`. */
export type Mode = 'echo' | 'sink' | 'source' | 'stall';

export const PAYLOAD = Buffer.alloc(65_536, 'x');
export const COUNT = 4_000;

export interface Stream {
  /** Settles with the response headers. */
  readonly headers: Promise<unknown>;
  /** Resolves when the library wants more. */
  write(payload: Uint8Array): Promise<void>;
  end(): void;
  /** The lengths of the payloads that come. */
  readonly lengths: AsyncIterable<number>;
  cancel(): void;
}

export interface Client {
  /** One small call of a driver; the answer says how many streams the server saw cancelled. */
  call(): Promise<string>;
  open(mode: Mode): Promise<Stream>;
}

/** One way of speaking the protocol. Where something is missing, the library cannot do it. */
export interface Candidate {
  serve(path: string): Promise<void>;
  connect(path: string): Client;
  serveDuplex?(connection: Duplex): void;
  connectDuplex?(connection: Duplex): Client;
}

let cancelled = 0;

/** The answer to `call`. */
export const answer = () => `${cancelled}`;

/** Counts the streams that are cancelled. */
export function watch(signal: AbortSignal): void {
  signal.addEventListener('abort', () => cancelled++, { once: true });
}

/** The server's side of a stream, for messages of any form. */
export async function* behave<T>(
  mode: Mode,
  messages: AsyncIterable<T>,
  make: (payload: Uint8Array) => T,
  signal: AbortSignal,
): AsyncGenerator<T> {
  if (mode === 'echo') {
    yield* messages;
  } else if (mode === 'source') {
    for (let index = 0; index < COUNT; index++) yield make(PAYLOAD);
  } else if (mode === 'sink') {
    let count = 0;
    for await (const _ of messages) count++;
    yield make(Buffer.from(`${count}`));
  } else {
    await new Promise((resolve) => signal.addEventListener('abort', resolve, { once: true }));
  }
}
