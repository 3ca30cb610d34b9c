import { once } from 'node:events';
import { type AddressInfo, createServer, type ListenOptions, type Socket } from 'node:net';

/** Says how many bytes it got, but only once its peer has ended its direction. */
async function count(socket: Socket): Promise<void> {
  let total = 0;
  for await (const chunk of socket) total += chunk.length;
  socket.end(`${total} bytes`);
}

/** A server that counts, and then answers: nobody gets the answer without half-close in both directions. */
export async function openCounter(stack: AsyncDisposableStack, where: ListenOptions): Promise<number> {
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    count(socket).catch(() => undefined);
  });
  server.listen(where);
  await once(server, 'listening');
  stack.defer(() => void server.close());
  return where.path ? 0 : (server.address() as AddressInfo).port; // SAFE: it listens on a TCP port
}

/** A server that sends back what it gets, and knows when a connection is over. */
export interface Watched {
  readonly port: number;
  /** Resolves when the next connection has come, with a promise of its end. */
  next(): Promise<{ readonly over: Promise<unknown> }>;
}

/** Starts one. */
export async function openWatched(stack: AsyncDisposableStack): Promise<Watched> {
  const server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.pipe(socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(() => void server.close());
  const { port } = server.address() as AddressInfo; // SAFE: it listens on a TCP port
  return {
    port,
    next: async () => {
      const [socket] = (await once(server, 'connection')) as [Socket]; // SAFE: what the event gives
      return { over: once(socket, 'close') };
    },
  };
}
