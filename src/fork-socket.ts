import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { exploreSession, type ForkLine } from './client/index.ts';
import { listening, openOwnedFolder, runtimeFolders } from './core/index.ts';

/** A private socket at which a fork is reached, by any number of clients. Closing it ends the fork unless somebody else is connected. */
export interface ForkSocket extends AsyncDisposable {
  readonly path: string;
}

/** Gives a fork a socket, and keeps it until that is closed. */
export async function openForkSocket(fork: ForkLine): Promise<ForkSocket> {
  await using stack = new AsyncDisposableStack();
  // A connection of our own: the fork ends with its last one.
  stack.use(await exploreSession({ name: fork.name, duplex: fork.connect }));
  const folder = stack.use(await openOwnedFolder(await runtimeFolders()));
  const path = join(folder.path, 'socket');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined).once('close', () => sockets.delete(socket));
    void passOn(socket, fork);
  });
  server.listen(path);
  await listening(server);
  stack.defer(() => {
    server.close();
    for (const socket of sockets) socket.destroy();
  });
  const held = stack.move();
  return { path, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

async function passOn(socket: Socket, fork: ForkLine): Promise<void> {
  try {
    await pipeline(socket, await fork.connect(), socket);
  } catch {
    // Either side has gone; whoever is at the other end sees it.
    socket.destroy();
  }
}
