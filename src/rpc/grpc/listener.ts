import { once } from 'node:events';
import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { MAX_CONNECTIONS } from './limits.ts';

/** The certificate chain and the key of a server, PEM. */
export interface ServerTls {
  readonly cert: string | Buffer;
  readonly key: string | Buffer;
}

/** Where to listen: a Unix socket, TCP in plain HTTP/2, or TCP with TLS. Port 0 picks a free one. */
export type ListenAddress =
  | { readonly path: string }
  | { readonly host: string; readonly port: number; readonly tls: ServerTls }
  | { readonly host: string; readonly port: number; readonly insecure: true };

/** A place where the server takes connections. Disposing of it takes no more; those that are there go on. */
export interface Listener extends AsyncDisposable {
  /** The address as it came out: with the port that was picked. */
  readonly address: { readonly path: string } | { readonly host: string; readonly port: number };
}

/** Listens at `address`. @throws the system's error, such as EADDRINUSE. */
export async function openListener(
  address: ListenAddress,
  onConnection: (socket: Duplex, peer: string) => void,
): Promise<Listener> {
  const server = createListener(address, onConnection);
  server.maxConnections = MAX_CONNECTIONS;
  server.listen('path' in address ? { path: address.path } : { host: address.host, port: address.port });
  await once(server, 'listening');
  server.on('error', () => undefined); // Out of descriptors: the peer sees that nobody takes its connection.
  const bound = server.address();
  return {
    address:
      bound === null || typeof bound === 'string'
        ? { path: String(bound) }
        : { host: bound.address, port: bound.port },
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

function createListener(
  address: ListenAddress,
  onConnection: (socket: Duplex, peer: string) => void,
): Server {
  let count = 0;
  if ('path' in address)
    return createServer((socket) => onConnection(socket, `unix socket, connection ${++count}`));
  if (!('tls' in address)) return createServer((socket) => onConnection(socket, remoteName(socket)));
  const { cert, key } = address.tls;
  const server = createTlsServer({ cert, key, ALPNProtocols: ['h2'] }, (socket: TLSSocket) => {
    if (socket.alpnProtocol === 'h2') onConnection(socket, remoteName(socket));
    else socket.destroy();
  });
  return server.on('tlsClientError', (_, socket) => socket.destroy());
}

const remoteName = (socket: Socket) => `${socket.remoteAddress}:${socket.remotePort}`;
