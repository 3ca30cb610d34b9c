import { once } from 'node:events';
import { connect, type NetConnectOpts } from 'node:net';
import { UnreachableError } from '../../core/index.ts';
import type { ByteChannel } from '../../interfaces/index.ts';
import { channelFromSocket, errorCode } from './duplex-channel.ts';

/** Connects to `target` (its name in errors). @throws UnreachableError when nobody listens there. */
export async function connectSocket(
  where: NetConnectOpts,
  target: string,
  signal: AbortSignal,
): Promise<ByteChannel> {
  signal.throwIfAborted();
  const socket = connect({ ...where, allowHalfOpen: true });
  try {
    await once(socket, 'connect', { signal });
  } catch (cause) {
    socket.destroy();
    signal.throwIfAborted();
    const why = errorCode(cause as Error); // SAFE: sockets fail with errors
    throw new UnreachableError(`${target}: cannot connect (${why})`, { target }, { cause });
  }
  return channelFromSocket(socket, target);
}
