import { createSocket, type Socket } from 'node:dgram';
import { lookup } from 'node:dns/promises';
import { once } from 'node:events';
import { raceSignal, UnreachableError } from '../../core/index.ts';
import { type ByteChannel, writtenAfterEnd } from '../../interfaces/index.ts';
import { ChunkQueue, errorCode, networkUrl } from '../std/index.ts';

/** What waits for a reader before the newest datagrams are lost, as they are in the kernel: bytes. */
const WAITING = 1024 * 1024;

/** A socket of its own for datagrams to and from `host`:`port`. @throws UnreachableError when the name is not known. */
export async function connectUdp(host: string, port: number, signal: AbortSignal): Promise<ByteChannel> {
  signal.throwIfAborted();
  const target = networkUrl('udp', host, port);
  const fail = (cause: Error) =>
    new UnreachableError(`${target}: cannot connect (${errorCode(cause)})`, { target }, { cause });
  const found = await raceSignal(lookup(host), signal).catch((cause) => {
    signal.throwIfAborted();
    throw fail(cause);
  });
  const socket = createSocket(found.family === 6 ? 'udp6' : 'udp4');
  try {
    socket.connect(port, found.address);
    await once(socket, 'connect', { signal });
    return channelFromUdp(socket, target);
  } catch (cause) {
    socket.close();
    signal.throwIfAborted();
    throw fail(cause as Error); // SAFE: sockets fail with errors
  }
}

function channelFromUdp(socket: Socket, target: string): ByteChannel {
  const incoming = new ChunkQueue();
  const lost = (cause: Error) =>
    new UnreachableError(`${target}: the connection was lost (${errorCode(cause)})`, { target }, { cause });
  // Nobody listens there (any more): its host says so when it gets a datagram.
  let failure: UnreachableError | undefined;
  socket.on('error', (cause) => {
    failure = lost(cause);
    incoming.end(failure);
  });
  socket.on('message', (datagram) => {
    if (incoming.unread < WAITING) incoming.push(datagram);
  });
  let closed = false;
  const close = async () => {
    if (closed) return;
    closed = true;
    incoming.end();
    socket.close();
  };
  return {
    write: (datagram) => {
      if (failure) return Promise.reject(failure);
      if (closed) return Promise.reject(writtenAfterEnd());
      return new Promise((resolve, reject) =>
        socket.send(datagram, (cause) => (cause ? reject(lost(cause)) : resolve())),
      );
    },
    end: close,
    [Symbol.asyncIterator]: () => incoming.read(),
    [Symbol.asyncDispose]: close,
  };
}
