import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { expect, it } from 'vitest';
import { type WebSocket, WebSocketServer } from 'ws';
import { websocketNetwork } from '../../../src/drivers/network/index.ts';
import { openWebSocketEcho } from '../../fixtures/echo-servers.ts';
import { callContext, openDriver, readAll } from '../open-driver.ts';

/** A server that does `serve` with each connection. */
async function listen(
  stack: AsyncDisposableStack,
  serve: (socket: WebSocket, authorization: string | undefined) => void,
): Promise<string> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 });
  server.on('connection', (socket, { headers }) => serve(socket, headers.authorization));
  await once(server, 'listening');
  stack.defer(async () => {
    for (const socket of server.clients) socket.terminate();
    const { promise, resolve } = Promise.withResolvers<void>();
    server.close(() => resolve());
    await promise;
  });
  return `ws://127.0.0.1:${(server.address() as AddressInfo).port}`; // SAFE: a TCP server that listens
}

it('sends binary messages, and takes text as well', async () => {
  await using stack = new AsyncDisposableStack();
  const kinds: boolean[] = [];
  const url = await listen(stack, (socket) => {
    socket.on('message', (_, binary) => {
      kinds.push(binary);
      socket.send('grüße');
      socket.close();
    });
  });
  await using node = await openDriver(websocketNetwork({ url }));
  await using channel = await node.handlers.connect(undefined, callContext());
  await channel.write(Buffer.from('hello'));
  expect(await readAll(channel)).toBe('grüße');
  expect(kinds).toEqual([true]);
});

it.each([
  { code: 1011, reason: 'out of order', said: '1011 out of order' },
  { code: 1008, reason: '', said: '1008' },
])('gives a close with $code to the reader as the connection lost', async ({ code, reason, said }) => {
  await using stack = new AsyncDisposableStack();
  const url = await listen(stack, (socket) => {
    socket.send('some');
    socket.close(code, reason);
  });
  await using node = await openDriver(websocketNetwork({ url }));
  await using channel = await node.handlers.connect(undefined, callContext());
  await expect(readAll(channel)).rejects.toMatchObject({
    code: 'unreachable',
    message: `${url}/: the connection was lost (${said})`,
  });
  await expect(channel.write(Buffer.from('more'))).rejects.toMatchObject({ code: 'unreachable' });
});

it('breaks a stream whose message nobody could pass on', async () => {
  await using stack = new AsyncDisposableStack();
  const url = await listen(stack, (socket) => socket.send(Buffer.alloc(5 * 1024 * 1024)));
  await using node = await openDriver(websocketNetwork({ url }));
  await using channel = await node.handlers.connect(undefined, callContext());
  await expect(readAll(channel)).rejects.toMatchObject({ code: 'unreachable' });
});

it('makes the server wait while nobody reads', async () => {
  await using stack = new AsyncDisposableStack();
  const accepted = Promise.withResolvers<WebSocket>();
  const url = await listen(stack, accepted.resolve);
  await using node = await openDriver(websocketNetwork({ url }));
  await using channel = await node.handlers.connect(undefined, callContext());
  const socket = await accepted.promise;
  let sent = 0;
  const all = (async () => {
    for (; sent < 64; sent += 1) {
      const { promise, resolve } = Promise.withResolvers<unknown>();
      socket.send(Buffer.alloc(1024 * 1024), resolve);
      await promise;
    }
    socket.close();
  })();
  let received = 0;
  for await (const message of channel) {
    received += message.length;
    if (received === message.length) expect(sent).toBeLessThan(64);
  }
  await all;
  expect(received).toBe(64 * 1024 * 1024);
});

it('says with a close that it has gone', async () => {
  await using stack = new AsyncDisposableStack();
  const code = Promise.withResolvers<number>();
  const url = await listen(stack, (socket) => socket.once('close', code.resolve));
  await using node = await openDriver(websocketNetwork({ url }));
  const channel = await node.handlers.connect(undefined, callContext());
  await channel[Symbol.asyncDispose]();
  await channel[Symbol.asyncDispose]();
  expect(await code.promise).toBe(1000);
});

it('says what the server answered instead', async () => {
  await using stack = new AsyncDisposableStack();
  const server = createServer((_, answer) => answer.writeHead(403).end()).listen(0, '127.0.0.1');
  stack.defer(async () => void (await once(server.close(), 'close')));
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // SAFE: a TCP server that listens
  await using node = await openDriver(websocketNetwork({ url: `ws://127.0.0.1:${port}/live` }));
  await expect(node.handlers.connect(undefined, callContext())).rejects.toMatchObject({
    code: 'unreachable',
    message: `ws://127.0.0.1:${port}/live: cannot connect (Unexpected server response: 403)`,
  });
});

it('logs in by what is in the address, and tells it to nobody else', async () => {
  await using stack = new AsyncDisposableStack();
  const authorization = Promise.withResolvers<string | undefined>();
  const url = await listen(stack, (socket, header) => {
    authorization.resolve(header);
    socket.terminate();
  });
  const withLogin = url.replace('ws://', 'ws://me:secret@');
  await using node = await openDriver(websocketNetwork({ url: withLogin }));
  await using channel = await node.handlers.connect(undefined, callContext());
  const failure = await readAll(channel).catch(String);
  expect(failure).toContain('the connection was lost (1006)');
  expect(failure).not.toContain('secret');
  expect(await authorization.promise).toBe(`Basic ${Buffer.from('me:secret').toString('base64')}`);
  expect(await node.handlers.address(callContext())).toBe(`${url}/`);
});

it('rejects with the reason of a caller who gives up', async () => {
  await using server = await openWebSocketEcho();
  await using node = await openDriver(websocketNetwork({ url: `ws://127.0.0.1:${server.port}` }));
  const reason = new Error('enough');
  const call = node.handlers.connect(undefined, callContext({ signal: AbortSignal.abort(reason) }));
  await expect(call).rejects.toBe(reason);
});

it('wants the address of a WebSocket server', () => {
  expect(() => websocketNetwork({ url: 'http://device/' })).toThrowErrorMatchingInlineSnapshot(`
    [ConfigError: websocket-network: the configuration is wrong
      url: got "http://device/"; expected ws://HOST... or wss://HOST...]
  `);
});
