import { chmod } from 'node:fs/promises';
import { type AddressInfo, createServer, type ListenOptions, type Socket } from 'node:net';
import { type Duplex, pipeline } from 'node:stream';
import { listening, StateError } from '../core/index.ts';
import { closeWithSession } from './closing.ts';
import type { SessionInfo } from './node.ts';

/** A port of 127.0.0.1; default: one that is free. */
export interface PortForwardOptions {
  readonly localPort?: number | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A Unix socket that only its owner may use. */
export interface UnixForwardOptions {
  readonly path: string;
  readonly signal?: AbortSignal | undefined;
}

/** A local listener whose connections end at the device. */
export interface Forward extends AsyncDisposable {
  readonly host: string;
  readonly port: number;
  close(): Promise<void>;
}

/** As `Forward`, by a Unix socket. */
export interface UnixForward extends AsyncDisposable {
  readonly path: string;
  close(): Promise<void>;
}

/** What the connections of a listener are joined with. */
export interface ForwardTarget {
  readonly connect: () => Promise<Duplex>;
  /** False: who ends his direction has closed the connection. */
  readonly halfClose: boolean;
}

const LOOPBACK = '127.0.0.1';

/** Listens on loopback and joins each connection with a new one to `target`. @throws StateError when it is in use. */
export async function openForward(
  session: SessionInfo,
  target: ForwardTarget,
  { localPort = 0, signal }: PortForwardOptions,
): Promise<Forward> {
  signal?.throwIfAborted();
  const { address, close } = await listen(session, target, { host: LOOPBACK, port: localPort });
  const { port } = address as AddressInfo; // SAFE: a TCP listener
  return { host: LOOPBACK, port, close, [Symbol.asyncDispose]: close };
}

/** As `openForward`, at a path of the file system. */
export async function openUnixForward(
  session: SessionInfo,
  target: ForwardTarget,
  { path, signal }: UnixForwardOptions,
): Promise<UnixForward> {
  signal?.throwIfAborted();
  const { close } = await listen(session, target, { path });
  await chmod(path, 0o600).catch(async (error: unknown) => {
    await close();
    throw error;
  });
  return { path, close, [Symbol.asyncDispose]: close };
}

async function listen(session: SessionInfo, target: ForwardTarget, where: ListenOptions) {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true, pauseOnConnect: true, noDelay: true }, (socket) => {
    sockets.add(socket);
    socket.once('close', () => sockets.delete(socket));
    void join(socket, target);
  });
  server.listen(where);
  await listening(server).catch((error: NodeJS.ErrnoException) => {
    throw listenError(error, where);
  });
  const close = closeWithSession(session, async () => {
    const closed = new Promise((done) => server.close(done));
    for (const socket of sockets) socket.destroy();
    await closed;
  });
  return { address: server.address(), close };
}

/** Both ways, each end at its own time; whoever cannot be reached is a connection that breaks. */
async function join(socket: Socket, { connect, halfClose }: ForwardTarget): Promise<void> {
  socket.on('error', () => undefined);
  try {
    const far = await connect();
    const ended = (error: unknown) => {
      if (!error && halfClose) return;
      socket.destroy();
      far.destroy();
    };
    pipeline(socket, far, ended);
    pipeline(far, socket, ended);
  } catch {
    socket.resetAndDestroy();
  }
}

function listenError(error: NodeJS.ErrnoException, where: ListenOptions): unknown {
  if (error.code !== 'EADDRINUSE' && error.code !== 'EACCES') return error;
  const name = where.path ?? `port ${where.port} of ${LOOPBACK}`;
  const what = error.code === 'EACCES' ? 'may not be used by this user' : 'is in use by another program';
  return new StateError(
    `forward: ${name} ${what}`,
    { state: 'in use', needed: 'an address that is free (port 0: one that is)' },
    { operation: 'forward', cause: error },
  );
}
