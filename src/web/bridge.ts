import type { Duplex } from 'node:stream';
import { createWebSocketStream, type WebSocket } from 'ws';
import { isDutError } from '../core/index.ts';
import type { ByteChannel } from '../interfaces/index.ts';

/** Opens one connection to the screen. */
export type ConnectScreen = (signal: AbortSignal) => Promise<ByteChannel>;

/** How a WebSocket is closed from here: the page shows the reason. */
const ENDED = 4000;

/** A WebSocket's reason may have 123 bytes. */
const LONGEST_REASON = 123;

/** Joins a viewer's WebSocket with a connection of its own, each direction at the pace of whoever takes its bytes. */
export async function bridge(socket: WebSocket, connect: ConnectScreen): Promise<void> {
  const gone = new AbortController();
  const stream = createWebSocketStream(socket);
  stream.on('error', () => undefined);
  stream.on('close', () => gone.abort());
  try {
    await using channel = await connect(gone.signal);
    await Promise.race([send(channel, stream), receive(stream, channel)]);
    socket.close(ENDED, 'The machine has ended the connection.');
  } catch (error) {
    socket.close(ENDED, reasonOf(error));
  }
}

async function send(channel: ByteChannel, stream: Duplex): Promise<void> {
  for await (const chunk of channel) {
    await new Promise<void>((resolve, reject) => {
      stream.write(chunk, (error) => (error ? reject(error) : resolve()));
    });
  }
}

async function receive(stream: Duplex, channel: ByteChannel): Promise<void> {
  for await (const chunk of stream) await channel.write(chunk as Uint8Array); // SAFE: a stream of bytes
}

/** What an error says, without the call that nobody at the page has made, as much as fits. */
function reasonOf(error: unknown): string {
  const [line = ''] = String(error instanceof Error ? error.message : error).split('\n');
  const call = isDutError(error) && error.operation ? `${error.operation}: ` : '';
  const reason = line.startsWith(call) ? line.slice(call.length) : line;
  const bytes = Buffer.from(reason);
  if (bytes.length <= LONGEST_REASON) return reason;
  return `${bytes
    .subarray(0, LONGEST_REASON - 3)
    .toString()
    .replace(/\uFFFD+$/, '')}...`;
}
