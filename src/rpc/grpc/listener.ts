import { createServer, type Server, type Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { createServer as createTlsServer, type TLSSocket } from 'node:tls';
import { affordablePlaces, Lobby, listening, type Visit } from '../../core/index.ts';
import { BACKLOG, MAX_CONNECTIONS, MAX_SILENT_CONNECTIONS, SILENCE } from './limits.ts';

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

/** A connection that is ready for HTTP/2. */
export interface Arrival {
  readonly socket: Duplex;
  /** Who it is, for people. */
  readonly peer: string;
  /** What keeps it from being closed for its silence. */
  readonly visit: Visit;
}

/** Listens at `address`. @throws the system's error, such as EADDRINUSE. */
export async function openListener(
  address: ListenAddress,
  onArrival: (arrival: Arrival) => void,
): Promise<Listener> {
  const lobby = new Lobby({
    places: affordablePlaces(MAX_SILENT_CONNECTIONS),
    patience: SILENCE,
    seats: MAX_CONNECTIONS,
  });
  const server =
    'tls' in address ? createTls(address.tls, lobby, onArrival) : createPlain(address, lobby, onArrival);
  const place = 'path' in address ? { path: address.path } : { host: address.host, port: address.port };
  server.listen({ ...place, backlog: BACKLOG });
  await listening(server);
  const bound = server.address();
  return {
    address:
      bound === null || typeof bound === 'string'
        ? { path: String(bound) }
        : { host: bound.address, port: bound.port },
    [Symbol.asyncDispose]: async () => void server.close(),
  };
}

function createPlain(address: object, lobby: Lobby, onArrival: (arrival: Arrival) => void): Server {
  let count = 0;
  return createServer((socket) => {
    const peer = 'path' in address ? `unix socket, connection ${++count}` : remoteName(socket);
    onArrival({ socket, peer, visit: lobby.enter(socket) });
  });
}

function createTls({ cert, key }: ServerTls, lobby: Lobby, onArrival: (arrival: Arrival) => void): Server {
  const server = createTlsServer({ cert, key, ALPNProtocols: ['h2'] });
  /** Those whose handshake is under way: what comes out of it is another socket, with the same name. */
  const visits = new Map<string, Visit>();
  server.on('connection', (socket) => {
    const peer = remoteName(socket);
    visits.set(peer, lobby.enter(socket));
    socket.once('close', () => visits.delete(peer));
  });
  server.on('secureConnection', (socket: TLSSocket) => {
    const peer = remoteName(socket);
    const visit = visits.get(peer);
    if (visit && socket.alpnProtocol === 'h2') onArrival({ socket, peer, visit });
    else socket.destroy();
  });
  return server.on('tlsClientError', (_, socket) => socket.destroy());
}

const remoteName = ({ remoteAddress, remotePort }: Socket) => `${remoteAddress}:${remotePort}`;
