import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { type AddressInfo, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { channelFromSocket, tcpNetwork, unixNetwork } from '../../../src/drivers/std/index.ts';
import { callContext, openDriver, readAll, readUntil } from '../open-driver.ts';

/** A server of our own that does `serve` with each connection. */
async function listen(
  stack: AsyncDisposableStack,
  where: { path: string } | { port: 0; host: string },
  serve: (socket: Socket) => void,
): Promise<Server> {
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (socket) => {
    sockets.add(socket);
    socket.on('error', () => undefined);
    serve(socket);
  });
  server.listen(where);
  await once(server, 'listening');
  stack.defer(async () => {
    for (const socket of sockets) socket.destroy();
    server.close();
    await once(server, 'close');
  });
  return server;
}

const portOf = (server: Server) => (server.address() as AddressInfo).port; // SAFE: a TCP server that listens

/** Answers at the end of what it was sent, with the number of bytes. */
const countBytes = async (socket: Socket) => {
  let bytes = 0;
  for await (const chunk of socket) bytes += chunk.length;
  socket.end(`${bytes} bytes`);
};

it('carries both directions of a TCP connection, with half-close', async () => {
  await using stack = new AsyncDisposableStack();
  const server = await listen(stack, { port: 0, host: '127.0.0.1' }, countBytes);
  await using node = await openDriver(tcpNetwork({ host: '127.0.0.1', port: portOf(server) }));
  await using channel = await node.handlers.connect(undefined, callContext());
  for (let sent = 0; sent < 100; sent += 1) await channel.write(new Uint8Array(64 * 1024));
  await channel.end();
  expect(await readAll(channel)).toBe('6553600 bytes');
});

it('gives each stream a connection of its own', async () => {
  await using stack = new AsyncDisposableStack();
  const server = await listen(stack, { port: 0, host: '127.0.0.1' }, countBytes);
  await using node = await openDriver(tcpNetwork({ host: '127.0.0.1', port: portOf(server) }));
  await using first = await node.handlers.connect(undefined, callContext());
  await using second = await node.handlers.connect(undefined, callContext());
  await second.write(Buffer.from('two'));
  await second.end();
  await first.end();
  expect([await readAll(first), await readAll(second)]).toEqual(['0 bytes', '3 bytes']);
});

it('says what refused the connection', async () => {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const port = portOf(server);
  server.close();
  await once(server, 'close');
  await using node = await openDriver(tcpNetwork({ host: '127.0.0.1', port }));
  await expect(node.handlers.connect(undefined, callContext())).rejects.toMatchObject({
    code: 'unreachable',
    target: `tcp://127.0.0.1:${port}`,
    message: `tcp://127.0.0.1:${port}: cannot connect (ECONNREFUSED)`,
  });
});

it('rejects with the reason of a caller who gives up', async () => {
  const reason = new Error('enough');
  await using node = await openDriver(tcpNetwork({ host: '127.0.0.1', port: 9 }));
  const call = node.handlers.connect(undefined, callContext({ signal: AbortSignal.abort(reason) }));
  await expect(call).rejects.toBe(reason);
});

it('gives a reset to the reader and to the writer as the connection lost', async () => {
  await using stack = new AsyncDisposableStack();
  const server = await listen(stack, { port: 0, host: '127.0.0.1' }, (socket) => {
    socket.once('data', () => socket.resetAndDestroy());
  });
  await using node = await openDriver(tcpNetwork({ host: '127.0.0.1', port: portOf(server) }));
  await using channel = await node.handlers.connect(undefined, callContext());
  await channel.write(Buffer.from('hello'));
  const lost = { code: 'unreachable', target: `tcp://127.0.0.1:${portOf(server)}` };
  await expect(readAll(channel)).rejects.toMatchObject(lost);
  await expect(channel.write(Buffer.from('still there?'))).rejects.toMatchObject(lost);
});

it('closes both directions when it is disposed of, and its own reader sees an end', async () => {
  await using stack = new AsyncDisposableStack();
  const accepted = Promise.withResolvers<Socket>();
  const server = await listen(stack, { port: 0, host: '127.0.0.1' }, accepted.resolve);
  await using node = await openDriver(tcpNetwork({ host: '127.0.0.1', port: portOf(server) }));
  const channel = await node.handlers.connect(undefined, callContext());
  const peer = channelFromSocket(await accepted.promise, 'the client');
  const read = readAll(channel);
  await channel[Symbol.asyncDispose]();
  expect(await read).toBe('');
  expect(await readAll(peer)).toBe('');
});

it('goes on reading after a loop was left', async () => {
  await using stack = new AsyncDisposableStack();
  const server = await listen(stack, { port: 0, host: '127.0.0.1' }, (socket) => {
    socket.write('first');
    socket.once('data', () => socket.end('second'));
  });
  await using node = await openDriver(tcpNetwork({ host: '127.0.0.1', port: portOf(server) }));
  await using channel = await node.handlers.connect(undefined, callContext());
  await readUntil(channel, 'first');
  await channel.write(Buffer.from('more'));
  expect(await readAll(channel)).toBe('second');
});

it('makes the writer wait while the device does not read', async () => {
  await using stack = new AsyncDisposableStack();
  const accepted = Promise.withResolvers<Socket>();
  const server = await listen(stack, { port: 0, host: '127.0.0.1' }, accepted.resolve);
  await using node = await openDriver(tcpNetwork({ host: '127.0.0.1', port: portOf(server) }));
  await using channel = await node.handlers.connect(undefined, callContext());
  const chunk = new Uint8Array(1024 * 1024);
  let written = 0;
  // More than any kernel buffers; the last of it is accepted only once the device reads.
  const all = (async () => {
    for (; written < 64; written += 1) await channel.write(chunk);
    await channel.end();
  })();
  const socket = await accepted.promise;
  expect(written).toBeLessThan(64);
  let received = 0;
  for await (const part of socket) received += part.length;
  await all;
  expect(received).toBe(64 * chunk.length);
});

it('connects to a Unix socket', async () => {
  await using stack = new AsyncDisposableStack();
  const dir = await mkdtemp(join(tmpdir(), 'jumplead-test-'));
  stack.defer(() => rm(dir, { recursive: true }));
  const path = join(dir, 's');
  await listen(stack, { path }, countBytes);
  await using node = await openDriver(unixNetwork({ path }));
  await using channel = await node.handlers.connect(undefined, callContext());
  await channel.write(Buffer.from('four'));
  await channel.end();
  expect(await readAll(channel)).toBe('4 bytes');
});

it('says which Unix socket is not there', async () => {
  await using node = await openDriver(unixNetwork({ path: '/nonexistent/s' }));
  await expect(node.handlers.connect(undefined, callContext())).rejects.toMatchObject({
    code: 'unreachable',
    message: 'unix:/nonexistent/s: cannot connect (ENOENT)',
  });
});
