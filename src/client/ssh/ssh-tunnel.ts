import type { ClientChannel } from 'ssh2';
import { isDutError, UnreachableError } from '../../core/index.ts';
import type { ByteChannel } from '../../interfaces/index.ts';
import type { SshConnection } from './ssh-connect.ts';
import { openChannel, outputOf } from './ssh-process.ts';

/** A port that the device can reach. */
export interface SshTarget {
  readonly guestPort: number;
  /** As the device sees it; default: the device itself. */
  readonly guestHost?: string | undefined;
}

/** Connects to a port from the device. @throws UnreachableError when nobody listens there, or the connection has ended. */
export async function openTunnel(
  connection: SshConnection,
  { guestPort, guestHost = '127.0.0.1' }: SshTarget,
  signal: AbortSignal,
): Promise<ClientChannel> {
  try {
    return await openChannel(
      connection,
      signal,
      (done) => connection.client.forwardOut('127.0.0.1', 0, guestHost, guestPort, done),
      (channel: ClientChannel) => channel,
    );
  } catch (error) {
    signal.throwIfAborted();
    if (isDutError(error)) throw error;
    const target = `${guestHost}:${guestPort}`;
    const why = error instanceof Error ? error.message : error;
    throw new UnreachableError(`${target} of the device: ${why}`, { target }, { cause: error });
  }
}

/** A tunnel as a channel. */
export function tunnelOf({ ended }: SshConnection, channel: ClientChannel): ByteChannel {
  const write = (chunk: Uint8Array) =>
    new Promise<void>((resolve, reject) => {
      channel.write(chunk, (error) => (error ? reject(error) : resolve()));
    });
  return {
    write: async (chunk) => {
      ended.throwIfAborted();
      await write(chunk);
    },
    end: async () => void channel.end(),
    [Symbol.asyncIterator]: () => outputOf(ended, channel)[Symbol.asyncIterator](),
    [Symbol.asyncDispose]: async () => channel.close(),
  };
}
