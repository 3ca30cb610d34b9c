import { once } from 'node:events';
import type { RawData, WebSocket } from 'ws';
import { UnreachableError } from '../../core/index.ts';
import { redactUrl } from '../../download/index.ts';
import { type ByteChannel, LARGEST_MESSAGE, writtenAfterEnd } from '../../interfaces/index.ts';
import { ChunkQueue } from '../std/index.ts';

/** What waits for a reader before the server has to wait: bytes. */
const WAITING = 1024 * 1024;
/** How long a server may take to agree that a connection is closed: milliseconds. */
const CLOSING = 1_000;

/** The codes with which a server has just finished: normal, going away, none given. */
const NORMAL = [1000, 1001, 1005];

/** Connects to a WebSocket server. @throws UnreachableError when it does not answer, or will not speak WebSocket. */
export async function connectWebSocket(url: string, signal: AbortSignal): Promise<ByteChannel> {
  signal.throwIfAborted();
  const target = redactUrl(url);
  const { WebSocket } = await import('ws');
  // Nobody could pass on a larger message.
  const socket = new WebSocket(url, { maxPayload: LARGEST_MESSAGE });
  // Before it is open: the first message may come with the answer.
  const channel = channelFromWebSocket(socket, target);
  try {
    await once(socket, 'open', { signal });
    return channel;
  } catch (cause) {
    socket.terminate();
    signal.throwIfAborted();
    const why = (cause as Error).message; // SAFE: sockets fail with errors
    throw new UnreachableError(`${target}: cannot connect (${why})`, { target }, { cause });
  }
}

function channelFromWebSocket(socket: WebSocket, target: string): ByteChannel {
  const incoming = new ChunkQueue();
  const lost = (why: string, cause?: Error) =>
    new UnreachableError(`${target}: the connection was lost (${why})`, { target }, { cause });
  socket.on('message', (data: RawData) => {
    incoming.push(bytesOf(data));
    if (incoming.unread >= WAITING) socket.pause();
  });
  socket.on('error', (cause) => incoming.end(lost(cause.message, cause)));
  socket.on('close', (code, reason) => {
    const why = [code, reason.toString()].filter(Boolean).join(' ');
    incoming.end(NORMAL.includes(code) ? undefined : lost(why));
  });
  const resume = () => {
    if (socket.isPaused && incoming.unread < WAITING / 2) socket.resume();
  };
  let ended = false;
  return {
    write: (message) => {
      if (ended) return Promise.reject(writtenAfterEnd());
      return new Promise((resolve, reject) =>
        socket.send(message, { binary: true }, (cause) =>
          cause ? reject(lost(cause.message, cause)) : resolve(),
        ),
      );
    },
    // The server agrees when it has sent what it still has.
    end: async () => {
      ended = true;
      socket.close(1000);
    },
    [Symbol.asyncIterator]: () => incoming.read(resume),
    async [Symbol.asyncDispose]() {
      incoming.end();
      if (socket.readyState === socket.CLOSED) return;
      const closed = once(socket, 'close');
      // A paused one would not hear that the server agrees.
      socket.resume();
      socket.close(1000);
      const insist = setTimeout(() => socket.terminate(), CLOSING);
      await closed;
      clearTimeout(insist);
    },
  };
}

function bytesOf(data: RawData): Uint8Array {
  if (Array.isArray(data)) return Buffer.concat(data);
  return data instanceof ArrayBuffer ? new Uint8Array(data) : data;
}
