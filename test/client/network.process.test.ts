import { once } from 'node:events';
import { createServer, type RequestListener } from 'node:http';
import { createServer as createSecureServer } from 'node:https';
import { type AddressInfo, connect as connectSocket, type Server } from 'node:net';
import { text } from 'node:stream/consumers';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { udpNetwork, websocketNetwork } from '../../src/drivers/network/index.ts';
import { tcpNetwork } from '../../src/drivers/std/index.ts';
import { serve, sessionOf } from '../../src/index.ts';
import { selfSigned } from '../exporter/self-signed.ts';
import { openUdpEcho, openWebSocketEcho } from '../fixtures/echo-servers.ts';
import { closedPort } from '../interop/closed-port.ts';

const options = { log: pino({ level: 'silent' }) };

/** Tells what it was asked, and by which connection. */
function telling(): RequestListener {
  const connections: unknown[] = [];
  return (request, response) => {
    if (!connections.includes(request.socket)) connections.push(request.socket);
    const connection = connections.indexOf(request.socket);
    void text(request).then((body) => {
      const { method, url, headers } = request;
      response.end(JSON.stringify({ method, url, host: headers.host, body, connection }));
    });
  };
}

async function serveThrough(stack: AsyncDisposableStack, server: Server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  stack.defer(async () => void (await once(server.close(), 'close')));
  const { port } = server.address() as AddressInfo; // SAFE: a TCP server that listens
  return stack.use(await serve(tcpNetwork({ host: '127.0.0.1', port }), options));
}

describe('HTTP through the device', () => {
  it('asks the server behind the endpoint, whatever the address says', async () => {
    await using stack = new AsyncDisposableStack();
    const device = await serveThrough(stack, createServer(telling()));
    await using http = await device.http();
    const answer = await http.fetch('http://device.invalid/health', { method: 'POST', body: 'well?' });
    expect(await answer.json()).toEqual({
      method: 'POST',
      url: '/health',
      host: 'device.invalid',
      body: 'well?',
      connection: 0,
    });
  });

  it('keeps a connection for the next question, and opens more for several at a time', async () => {
    await using stack = new AsyncDisposableStack();
    const device = await serveThrough(stack, createServer(telling()));
    await using http = await device.http();
    const ask = async () => (await (await http.fetch('http://device/')).json()) as { connection: number };
    const used = new Set<number>();
    for (let asked = 0; asked < 6; asked += 1) used.add((await ask()).connection);
    expect(used.size).toBeLessThan(6);
    const answers = await Promise.all([ask(), ask(), ask()]);
    expect(new Set(answers.map(({ connection }) => connection)).size).toBeGreaterThan(1);
  });

  it('serves the fetch of the platform', async () => {
    await using stack = new AsyncDisposableStack();
    const device = await serveThrough(stack, createServer(telling()));
    await using http = await device.http();
    // SAFE: the platform's type of a dispatcher is of another version of undici
    const init = { dispatcher: http.dispatcher } as unknown as RequestInit;
    expect(await (await fetch('http://device/ready', init)).json()).toMatchObject({ url: '/ready' });
  });

  it('speaks TLS with the server, which must be the one in the address', async () => {
    await using stack = new AsyncDisposableStack();
    const { cert, key } = await selfSigned();
    const device = await serveThrough(stack, createSecureServer({ cert, key }, telling()));
    await using http = await device.http({ tls: { ca: cert } });
    const answer = await http.fetch('https://localhost/secure');
    expect(await answer.json()).toMatchObject({ url: '/secure', host: 'localhost' });
    await expect(http.fetch('https://device/secure')).rejects.toMatchObject({
      cause: { code: 'ERR_TLS_CERT_ALTNAME_INVALID' },
    });
    await using trusting = await device.http();
    await expect(trusting.fetch('https://localhost/')).rejects.toMatchObject({
      cause: { code: 'DEPTH_ZERO_SELF_SIGNED_CERT' },
    });
  });

  it('says what refused the connection', async () => {
    const port = await closedPort();
    await using device = await serve(tcpNetwork({ host: '127.0.0.1', port }), options);
    await using http = await device.http();
    await expect(http.fetch('http://device/')).rejects.toMatchObject({
      code: 'unreachable',
      target: `tcp://127.0.0.1:${port}`,
    });
  });

  it('ends with its session', async () => {
    await using stack = new AsyncDisposableStack();
    const asked = Promise.withResolvers<void>();
    const server = createServer(() => asked.resolve());
    const device = await serveThrough(stack, server);
    const http = await device.http();
    const answer = http.fetch('http://device/');
    const failed = expect(answer).rejects.toThrow();
    await asked.promise;
    await sessionOf(device).close();
    await failed;
    await expect(http.fetch('http://device/')).rejects.toThrow();
  });
});

describe('an endpoint of messages', () => {
  it('keeps each message whole over the wire: UDP', async () => {
    await using server = await openUdpEcho();
    await using device = await serve(udpNetwork({ host: '127.0.0.1', port: server.port }), options);
    expect(await device.address()).toBe(`udp://127.0.0.1:${server.port}`);
    await using channel = await device.connect();
    await channel.write(Buffer.alloc(60_000));
    const { value } = await channel[Symbol.asyncIterator]().next();
    expect(value?.length).toBe(60_000);
  });

  it('refuses a message that is too large for the wire', async () => {
    await using server = await openUdpEcho();
    await using device = await serve(udpNetwork({ host: '127.0.0.1', port: server.port }), options);
    await using channel = await device.connect();
    await expect(channel.write(Buffer.alloc(4 * 1024 * 1024))).rejects.toMatchObject({
      code: 'config',
      message: 'a message of 4194304 bytes; the largest that can be sent is 4194240',
    });
  });

  it('is forwarded as bytes; who ends his direction has closed the connection', async () => {
    await using server = await openWebSocketEcho();
    const url = `ws://127.0.0.1:${server.port}`;
    await using device = await serve(websocketNetwork({ url }), options);
    await using forward = await device.forward();
    const gone = once(server.server, 'connection').then(([socket]) => once(socket, 'close'));
    const socket = connectSocket({ port: forward.port, host: forward.host, allowHalfOpen: true });
    socket.write('to the device and back');
    await once(socket, 'readable');
    expect(String(socket.read())).toBe('to the device and back');
    const ended = once(socket, 'end');
    socket.end();
    socket.resume();
    await Promise.all([ended, gone]);
  });
});
