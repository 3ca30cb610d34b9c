import { createSocket, type RemoteInfo } from 'node:dgram';
import { once } from 'node:events';

/** A client that sends and takes packets one by one. */
export interface RawTftp extends AsyncDisposable {
  send(packet: string | Buffer, port?: number): Promise<void>;
  /** The next packet that comes, as one character for each byte; later ones go to the port that it came from. */
  next(): Promise<string>;
  readonly port: number;
  /** Where the last packet came from. */
  readonly peer: number;
}

/** Opens a client of the server at `server`. */
export async function openRawTftp(server: number): Promise<RawTftp> {
  const socket = createSocket('udp4');
  const packets: [Buffer, RemoteInfo][] = [];
  let arrived = Promise.withResolvers<void>();
  socket.on('message', (message, from) => {
    packets.push([message, from]);
    arrived.resolve();
  });
  socket.bind(0, '127.0.0.1');
  await once(socket, 'listening');
  let peer = server;
  return {
    port: socket.address().port,
    get peer() {
      return peer;
    },
    send: (packet, port = peer) =>
      new Promise((resolve, reject) =>
        socket.send(
          typeof packet === 'string' ? Buffer.from(packet, 'latin1') : packet,
          port,
          '127.0.0.1',
          (error) => (error ? reject(error) : resolve()),
        ),
      ),
    next: async () => {
      while (packets.length === 0) {
        await arrived.promise;
        arrived = Promise.withResolvers();
      }
      const [message, from] = packets.shift() as [Buffer, RemoteInfo]; // SAFE: there is one
      peer = from.port;
      return message.toString('latin1');
    },
    [Symbol.asyncDispose]: async () => {
      const closed = once(socket, 'close');
      socket.close();
      await closed;
    },
  };
}
