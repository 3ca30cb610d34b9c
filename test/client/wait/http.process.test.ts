import { once } from 'node:events';
import { createServer, type RequestListener, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { DeviceError, serve } from 'jumplead';
import { group } from 'jumplead/driver';
import { tcpNetwork } from 'jumplead/drivers';
import { type Counterpart, fakeMachine, fakeNetwork, fakePower } from 'jumplead/fake';
import { all, custom, http } from 'jumplead/wait';
import { describe, expect, test } from 'vitest';
import { passTo } from '../../fixtures/pass-to.ts';
import { openSshHost, sshOf } from '../../fixtures/ssh-host.ts';

const HOUR = { timeout: '1h' } as const;

/** A web server whose answers a test sets. */
async function openWebServer(answer: RequestListener) {
  const server: Server = createServer(answer);
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo; // SAFE: a TCP listener
  return {
    port,
    [Symbol.asyncDispose]: async () => {
      server.closeAllConnections();
      await new Promise((closed) => server.close(closed));
    },
  };
}

/** Answers 503, and then 200 to whoever asks for what. */
function startingServer(failures: number) {
  const asked: string[] = [];
  const answer: RequestListener = ({ url, headers }, response) => {
    asked.push(`${headers.host}${url}`);
    response.statusCode = asked.length > failures ? 200 : 503;
    response.end('x'.repeat(100_000));
  };
  return { asked, answer };
}

describe('a web server is waited for', () => {
  test('behind a forward of its port', async () => {
    const { asked, answer } = startingServer(2);
    await using server = await openWebServer(answer);
    const forwards = { web: { guestPort: 8080, serve: passTo(server.port) } } as const;
    await using vm = await serve(fakeMachine({ forwards }));
    await vm.power.on();
    expect(await vm.waitFor(http(8080, '/health'), HOUR)).toEqual({ status: 200 });
    expect(asked).toEqual(Array.from({ length: 3 }, () => 'localhost:8080/health'));
  });

  test('through ssh, where its port is not forwarded', async () => {
    const { asked, answer } = startingServer(1);
    await using server = await openWebServer(answer);
    await using host = await openSshHost();
    host.refuse(1);
    await using board = await serve(group({ power: fakePower(), ssh: sshOf(host) }));
    expect(await board.waitFor(http(server.port, '/a?b=c'), HOUR)).toEqual({ status: 200 });
    expect(asked.length).toBe(2);
  });

  test('behind an endpoint, by its name', async () => {
    await using server = await openWebServer((_, response) => response.writeHead(401).end());
    await using board = await serve(group({ web: tcpNetwork({ host: '127.0.0.1', port: server.port }) }));
    const headers = { authorization: 'none' };
    expect(await board.waitFor(http('web', '/', { status: 401, headers }), HOUR)).toEqual({ status: 401 });
    // @ts-expect-error: there is no endpoint of this name
    await expect(board.waitFor(http('wep'), HOUR)).rejects.toMatchObject({ code: 'unsupported' });
    // @ts-expect-error: nor any way to a port
    await expect(board.waitFor(http(80), HOUR)).rejects.toMatchObject({ code: 'unsupported' });
  });
});

describe('an error says', () => {
  /** Fails when `event` has come, whatever else is waited for. */
  const until = (event: Promise<void>) =>
    custom('end', () =>
      event.then(() => Promise.reject(new DeviceError('over', { event: 'test', tail: '' }))),
    );

  test('the last answer', async () => {
    const askedAgain = Promise.withResolvers<void>();
    let asked = 0;
    await using server = await openWebServer((_, response) => {
      if (asked++ === 1) askedAgain.resolve();
      response.writeHead(503).end();
    });
    await using board = await serve(group({ web: fakeNetwork({ serve: passTo(server.port) }) }));
    await expect(board.waitFor(all(http('web', '/up'), until(askedAgain.promise)), HOUR)).rejects.toThrow(
      '  waiting: http web/up: last answer: 503 Service Unavailable',
    );
  });

  test('that what answered is no web server', async () => {
    const askedAgain = Promise.withResolvers<void>();
    let asked = 0;
    const babble: Counterpart = async (channel) => {
      if (asked++ === 1) askedAgain.resolve();
      await channel.write(Buffer.from('SSH-2.0-not-http\r\n'));
    };
    await using board = await serve(group({ web: fakeNetwork({ serve: babble }) }));
    await expect(board.waitFor(all(http('web'), until(askedAgain.promise)), HOUR)).rejects.toThrow(
      'http web/: Parse Error',
    );
  });

  test('that nobody listens', async () => {
    await using server = await openWebServer(() => undefined);
    const { port } = server;
    await server[Symbol.asyncDispose]();
    const triedAgain = Promise.withResolvers<void>();
    let tried = 0;
    await using host = await openSshHost(undefined, () => {
      if (tried++ === 1) triedAgain.resolve();
    });
    await using board = await serve(group({ ssh: sshOf(host) }));
    await expect(board.waitFor(all(http(port), until(triedAgain.promise)), HOUR)).rejects.toThrow(
      /waiting: http :\d+\/: 127.0.0.1:\d+ of the device: .*Channel open failure/,
    );
  });
});

test('a machine that dies while a web server is awaited ends it at once', async () => {
  const machine = fakeMachine({
    forwards: { web: { guestPort: 80, serve: () => new Promise(() => undefined) } },
  });
  await using vm = await serve(machine);
  await vm.power.on();
  const connecting = machine.children.web.device.stall('connect');
  const waiting = vm.waitFor(http(80), HOUR);
  waiting.catch(() => undefined);
  await connecting.reached;
  machine.children.power.device.enter('panicked');
  await expect(waiting).rejects.toMatchObject({ code: 'device' });
});

test('a path is one', () => {
  expect(() => http(80, 'health')).toThrow('path: "health" is not a path; allowed: what begins with /');
});
