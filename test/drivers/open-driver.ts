import { pino } from 'pino';
import type { CallContext, Driver, DriverNode } from '../../src/driver/index.ts';
import type { ByteChannel, Interface } from '../../src/interfaces/index.ts';

const log = pino({ level: 'silent' });

/** What a session would hand to every call. */
export function callContext(
  options: { signal?: AbortSignal; peer?: string; local?: boolean } = {},
): CallContext {
  return {
    signal: options.signal ?? new AbortController().signal,
    log,
    peer: { name: options.peer ?? 'the test', local: options.local ?? true },
  };
}

/** Opens a driver as a session would, without a wire. */
export async function openDriver<I extends Interface>(
  driver: Driver<I>,
): Promise<DriverNode<I> & AsyncDisposable> {
  const context = { log, signal: new AbortController().signal, path: '', artifacts: undefined };
  const node = await driver.open(context);
  return {
    ...node,
    async [Symbol.asyncDispose]() {
      await node.close?.();
    },
  };
}

/** Everything a channel still gives, to its end. */
export async function readAll(chunks: AsyncIterable<Uint8Array>): Promise<string> {
  const all: Uint8Array[] = [];
  for await (const chunk of chunks) all.push(chunk);
  return Buffer.concat(all).toString();
}

/** What a channel gives until it has given `text`. Fails when it ends before. */
export async function readUntil(channel: ByteChannel, text: string): Promise<string> {
  let seen = '';
  for await (const chunk of channel) {
    seen += Buffer.from(chunk).toString();
    if (seen.includes(text)) return seen;
  }
  throw new Error(`the stream ended after ${JSON.stringify(seen)}`);
}
