import type { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { UnreachableError } from '../../core/index.ts';
import { type ByteChannel, writtenAfterEnd } from '../../interfaces/index.ts';

/**
 * A Node stream as a channel. From now on nobody else may read it or write to it.
 *
 * The stream must allow half-open connections, else it ends its own direction with the other's. `write` resolves when the
 * stream has passed the bytes on (a socket: to the kernel). A broken connection is an UnreachableError that names `target`,
 * for reader and writer.
 */
export function channelFromDuplex(duplex: Duplex, target: string): ByteChannel {
  let disposed = false;
  const lost = (cause: Error) =>
    new UnreachableError(`${target}: the connection was lost (${errorCode(cause)})`, { target }, { cause });
  // Told to whoever reads or writes next; an event without a listener would end the process.
  duplex.on('error', () => undefined);
  return {
    write: (chunk) => {
      if (duplex.writableEnded) return Promise.reject(writtenAfterEnd());
      return settle((done) => duplex.write(chunk, done), lost);
    },
    end: async () => {
      if (!duplex.writableEnded) await settle((done) => duplex.end(done), lost);
    },
    async *[Symbol.asyncIterator]() {
      try {
        // Leaving the loop early must not close the connection: another loop may go on from there.
        const chunks: AsyncIterable<Uint8Array> = duplex.iterator({ destroyOnReturn: false });
        for await (const chunk of chunks) yield chunk;
      } catch (cause) {
        if (!disposed) throw lost(cause as Error); // SAFE: streams fail with errors
      }
    },
    async [Symbol.asyncDispose]() {
      disposed = true;
      duplex.destroy();
    },
  };
}

/** A connected socket as a channel, made with `allowHalfOpen`. Small writes are sent at once. */
export function channelFromSocket(socket: Socket, target: string): ByteChannel {
  socket.setNoDelay(true);
  return channelFromDuplex(socket, target);
}

type Done = (error?: Error | null) => void;

function settle(act: (done: Done) => void, lost: (cause: Error) => Error): Promise<void> {
  return new Promise((resolve, reject) => act((error) => (error ? reject(lost(error)) : resolve())));
}

/** `ECONNREFUSED` and the like, where the error has one. */
export function errorCode(error: Error): string {
  return 'code' in error ? String(error.code) : error.message;
}
