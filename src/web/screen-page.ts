import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Duplex } from 'node:stream';
import { WebSocketServer } from 'ws';
import { affordablePlaces, Lobby, listening, StateError, type Visit } from '../core/index.ts';
import { type Access, createAccess, isLoopbackHost, isOwnOrigin } from './access.ts';
import { readAsset } from './assets.ts';
import { bridge, type ConnectScreen } from './bridge.ts';
import { HEADERS, refusalDocument, screenDocument } from './documents.ts';
import { MAX_CONNECTIONS, MAX_MESSAGE, MAX_SILENT_CONNECTIONS, SILENCE } from './limits.ts';

export interface ScreenPageOptions {
  /** Opens a connection to the screen, in the RFB protocol; called for each viewer. */
  readonly connect: ConnectScreen;
  /** What the page calls the machine; default: what the machine calls itself. */
  readonly title?: string | undefined;
  /** A port of 127.0.0.1; default: one that is free. */
  readonly port?: number | undefined;
}

/** A page with the screen of a machine, served at 127.0.0.1 until it is closed. */
export interface ScreenPage {
  /** A link to the page. It works once, and then for the browser that opened it. */
  readonly url: string;
  /** Another such link. */
  createLink(): string;
  close(): Promise<void>;
}

const HOST = '127.0.0.1';

/** Serves the page. @throws StateError when the port is in use. */
export async function openScreenPage({
  connect,
  title = '',
  port = 0,
}: ScreenPageOptions): Promise<ScreenPage> {
  const access = createAccess();
  const server = createServer((request, response) => {
    const stays = access.isKnown(request.headers) && visits.get(request.socket)?.admit();
    // The lobby may close at any moment what may not stay: a client must not be told to ask there again (RFC 9112, 9.6).
    if (!stays) response.setHeader('Connection', 'close');
    void answer(request, response, access, title);
  });
  const lobby = new Lobby({
    places: affordablePlaces(MAX_SILENT_CONNECTIONS),
    patience: SILENCE,
    seats: MAX_CONNECTIONS,
  });
  const visits = new WeakMap<Duplex, Visit>();
  server.on('connection', (socket) => visits.set(socket, lobby.enter(socket)));
  const viewers = new WebSocketServer({ noServer: true, perMessageDeflate: false, maxPayload: MAX_MESSAGE });
  server.on('upgrade', (request, socket, head) => {
    if (!mayWatch(request, access)) return refuseUpgrade(socket, '403 Forbidden');
    if (!visits.get(socket)?.admit()) return refuseUpgrade(socket, '503 Service Unavailable');
    viewers.handleUpgrade(request, socket, head, (viewer) => void bridge(viewer, connect));
  });
  server.listen(port, HOST);
  await listening(server).catch((error: NodeJS.ErrnoException) => {
    throw listenError(error, port);
  });
  const { port: chosen } = server.address() as AddressInfo; // SAFE: a TCP listener
  const createLink = () => `http://${HOST}:${chosen}/open/${access.issueToken()}`;
  return {
    url: createLink(),
    createLink,
    close: async () => {
      const closed = new Promise((done) => server.close(done));
      for (const viewer of viewers.clients) viewer.terminate();
      server.closeAllConnections();
      await closed;
    },
  };
}

async function answer(
  request: IncomingMessage,
  response: ServerResponse,
  access: Access,
  title: string,
): Promise<void> {
  const reply = (status: number, type: string, content: Buffer | string, headers: object = {}) =>
    response.writeHead(status, { ...HEADERS, 'Content-Type': type, ...headers }).end(content);
  const { method, headers, url = '/' } = request;
  if (!isLoopbackHost(headers.host)) return void reply(421, TEXT, 'This server answers to 127.0.0.1 only.\n');
  if (method !== 'GET' && method !== 'HEAD')
    return void reply(405, TEXT, 'GET only.\n', { Allow: 'GET, HEAD' });
  const [pathname = '/'] = url.split('?', 1);
  const [, token] = /^\/open\/([\w-]+)$/.exec(pathname) ?? [];
  if (token !== undefined || pathname === '/') {
    // Fetching ahead of a click must not use up the link: only whoever gets the page redeems it.
    const cookie = token !== undefined && method === 'GET' ? access.redeem(token) : undefined;
    if (cookie) return void reply(200, HTML, screenDocument(title), { 'Set-Cookie': cookie });
    if (access.isKnown(headers)) return void reply(200, HTML, screenDocument(title));
    return void reply(403, HTML, refusalDocument());
  }
  const asset = await readAsset(pathname);
  if (asset) reply(200, asset.type, asset.content);
  else reply(404, TEXT, 'There is nothing here.\n');
}

const TEXT = 'text/plain; charset=utf-8';
const HTML = 'text/html; charset=utf-8';

function mayWatch({ url, headers }: IncomingMessage, access: Access): boolean {
  return url === '/rfb' && isOwnOrigin(headers) && access.isKnown(headers);
}

function refuseUpgrade(socket: Duplex, status: string): void {
  socket.on('error', () => undefined); // From here on the socket is ours alone.
  socket.once('finish', () => socket.destroy());
  socket.end(`HTTP/1.1 ${status}\r\nConnection: close\r\nContent-Length: 0\r\n\r\n`);
}

function listenError(error: NodeJS.ErrnoException, port: number): unknown {
  if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return error;
  const what = error.code === 'EACCES' ? 'may not be used by this user' : 'is in use by another program';
  return new StateError(
    `display.open: port ${port} of ${HOST} ${what}`,
    { state: 'in use', needed: 'a port that is free (0: one that is)' },
    { operation: 'display.open', cause: error },
  );
}
