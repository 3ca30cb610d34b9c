import { execFile } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempDisposable, readFile } from 'node:fs/promises';
import { connect as connectTcp, createServer, type Server, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Duplex, duplexPair } from 'node:stream';
import { createServer as createTlsServer } from 'node:tls';
import { promisify } from 'node:util';
import { describe, expect, test } from 'vitest';
import { ExporterService } from '../../src/rpc/gen/jumpstarter/v1/jumpstarter_pb.ts';
import { createChannel, type Listener, Status, type Target } from '../../src/rpc/grpc/index.ts';
import { unblocked } from '../../src/rpc/grpc/unblocked.ts';
import { failureOf } from '../support/failure.ts';
import { aborted, data, drain, grpcFailureOf, serve, testServer } from './grpc-fixture.ts';

const run = promisify(execFile);
const { getReport } = ExporterService.method;
const exporter = { getReport: async (_: unknown, { peer }: { peer: string }) => ({ motd: peer }) };

/** Waits until the caller leaves. */
const waiting = {
  getReport: async (_: unknown, { signal }: { signal: AbortSignal }) => {
    await aborted(signal);
    return {};
  },
};

describe('a channel', () => {
  test('to a socket that is missing, or where nobody listens, says so', async () => {
    await using missing = createChannel({ path: '/nonexistent/socket' });
    expect((await grpcFailureOf(missing.unary(getReport, {}))).message).toMatchInlineSnapshot(
      `"UNAVAILABLE: cannot connect to unix:/nonexistent/socket: there is no such socket (connect ENOENT /nonexistent/socket)"`,
    );
    await using closed = createChannel({ host: '127.0.0.1', port: 1, insecure: true });
    expect((await grpcFailureOf(closed.unary(getReport, {}))).message).toMatchInlineSnapshot(
      `"UNAVAILABLE: cannot connect to 127.0.0.1:1: nothing listens there (connect ECONNREFUSED 127.0.0.1:1)"`,
    );
  });

  test('connects again after its connection was lost', async () => {
    await using served = await serve({ exporter });
    expect((await served.channel.unary(getReport, {})).motd).toBe('unix socket, connection 1');
    await served.server.close();
    expect(await grpcFailureOf(served.channel.unary(getReport, {}))).toMatchObject({
      code: Status.UNAVAILABLE,
    });
    await using again = testServer({ exporter });
    await again.listen({ path: served.path });
    expect((await served.channel.unary(getReport, {})).motd).toBe('unix socket, connection 1');
  });

  test('ends every call when it is closed', async () => {
    await using served = await serve({ exporter: waiting });
    const frames = await served.channel.openFrames();
    await frames.headers;
    const calls = [served.channel.unary(getReport, {}), drain(frames)].map(grpcFailureOf);
    await served.channel.close();
    for (const { code } of await Promise.all(calls)) expect(code).toBe(Status.UNAVAILABLE);
    expect((await grpcFailureOf(served.channel.unary(getReport, {}))).details).toMatch(
      /^the channel to .* is closed$/,
    );
  });

  test('waits for a connection no longer than each of its callers wants to', async () => {
    const { promise: never } = Promise.withResolvers<Duplex>();
    await using channel = createChannel({ duplex: () => never, name: 'a tunnel' });
    const controller = new AbortController();
    const patient = channel.unary(getReport, {});
    const other = channel.unary(getReport, {}, { signal: controller.signal });
    const late = channel.unary(getReport, {}, { timeout: '10ms' });
    controller.abort('enough');
    expect(await failureOf(other)).toBe('enough');
    expect(await grpcFailureOf(late)).toMatchObject({ code: Status.DEADLINE_EXCEEDED });
    await channel.close();
    expect(await grpcFailureOf(patient)).toMatchObject({ code: Status.UNAVAILABLE });
  });

  test('that is idle does not keep a program running', async () => {
    await using served = await serve({ exporter });
    const program = `
      import { createChannel } from ${JSON.stringify(new URL('../../src/rpc/grpc/index.ts', import.meta.url).href)};
      import { ExporterService } from ${JSON.stringify(new URL('../../src/rpc/gen/jumpstarter/v1/jumpstarter_pb.ts', import.meta.url).href)};
      const channel = createChannel({ path: process.argv[1] });
      console.log((await channel.unary(ExporterService.method.getReport, {})).motd);`;
    const { stdout } = await run(process.execPath, ['--input-type=module', '-e', program, served.path]);
    expect(stdout.trim()).toBe('unix socket, connection 1');
  });
});

describe('a connection that is lost', () => {
  test('ends all calls at once, and says which one it was', async () => {
    const sockets: Socket[] = [];
    await using served = await serve({ exporter: waiting });
    // Its other side stays open: the server must not wait for it.
    await using proxy = await listen(
      createServer((socket) => {
        sockets.push(socket);
        socket
          .on('error', () => undefined)
          .pipe(connectTcp(served.path))
          .pipe(socket);
      }),
    );
    await using channel = createChannel({ host: '127.0.0.1', port: proxy.port, insecure: true });
    const frames = await channel.openFrames();
    await frames.write(data('hello'));
    for await (const _ of frames) break; // leaves: this stream is over
    const open = await channel.openFrames();
    await open.headers;
    const calls = [channel.unary(getReport, {}), drain(open)].map(grpcFailureOf);
    for (const socket of sockets) socket.resetAndDestroy();
    for (const { code, details } of await Promise.all(calls)) {
      expect(code).toBe(Status.UNAVAILABLE);
      expect(details).toContain(`the connection to 127.0.0.1:${proxy.port} was lost`);
    }
  });

  test('fails what the server reads, and aborts its signal', async () => {
    const seen = Promise.withResolvers<[unknown, unknown]>();
    await using served = await serve({
      stream: async (frames, call) => {
        call.sendHeaders();
        const failure = await failureOf(drain(frames));
        seen.resolve([failure, await aborted(call.signal)]);
      },
    });
    const socket = connectTcp(served.path);
    await using channel = createChannel({ duplex: () => socket, name: 'a socket' });
    const frames = await channel.openFrames();
    await frames.headers;
    await frames.write(data('half of it'));
    socket.destroy();
    const [failure, reason] = await seen.promise;
    expect(failure).toBe(reason);
    expect(reason).toMatchObject({
      code: Status.UNAVAILABLE,
      details: 'the connection of the caller was lost',
    });
    expect(await grpcFailureOf(drain(frames))).toMatchObject({ code: Status.UNAVAILABLE });
  });
});

describe('a peer that does not keep to the protocol', () => {
  const PREFACE = 'PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n';
  const frame = (type: number, payload: Buffer) => {
    const head = Buffer.from([0, 0, 0, type, 4, 0, 0, 0, 1]);
    head.writeUIntBE(payload.length, 0, 3);
    return Buffer.concat([head, payload]);
  };

  test.each([
    ['speaks HTTP/1.1', Buffer.from('GET / HTTP/1.1\r\nHost: localhost\r\n\r\n')],
    ['sends noise after the preface', Buffer.concat([Buffer.from(PREFACE), Buffer.alloc(1_000, 0xff)])],
    [
      'sends headers that cannot be decoded',
      Buffer.concat([Buffer.from(PREFACE), frame(4, Buffer.alloc(0)), frame(1, Buffer.alloc(64, 0xff))]),
    ],
  ])('and %s loses its connection; the others do not notice', async (_, bytes) => {
    await using served = await serve({ exporter });
    const socket = connectTcp(served.path).on('error', () => undefined);
    socket.resume().write(bytes);
    await once(socket, 'close');
    expect((await served.channel.unary(getReport, {})).motd).toBe('unix socket, connection 2');
  });

  test('and sends more headers than 16 KiB has its call refused', async () => {
    await using served = await serve({ exporter });
    const { channel } = served;
    await channel.unary(getReport, {}); // The limit holds as soon as the peer has acknowledged it.
    const metadata = { large: 'x'.repeat(20_000) };
    const code = Status.RESOURCE_EXHAUSTED;
    expect(await grpcFailureOf(channel.unary(getReport, {}, { metadata }))).toMatchObject({ code });
    expect((await channel.unary(getReport, {})).motd).toBe('unix socket, connection 1');
  });
});

describe('a server that is closed', () => {
  test('ends what is under way, and tells the handlers', async () => {
    const entered = Promise.withResolvers<void>();
    const reason = Promise.withResolvers<unknown>();
    await using served = await serve({
      stream: async (_, call) => {
        call.sendHeaders();
        entered.resolve();
        reason.resolve(await aborted(call.signal));
      },
    });
    const frames = await served.channel.openFrames();
    await entered.promise;
    await served.server.close();
    expect(await reason.promise).toMatchObject({ code: Status.UNAVAILABLE });
    expect(await grpcFailureOf(drain(frames))).toMatchObject({ code: Status.UNAVAILABLE });
    expect((await grpcFailureOf(served.channel.unary(getReport, {}))).details).toContain(
      'there is no such socket',
    );
  });

  test('with a grace lets calls come to their end', async () => {
    const entered = Promise.withResolvers<void>();
    const go = Promise.withResolvers<void>();
    await using served = await serve({
      exporter: {
        getReport: async () => {
          entered.resolve();
          await go.promise;
          return { motd: 'done' };
        },
      },
    });
    const call = served.channel.unary(getReport, {});
    await entered.promise;
    const closed = served.server.close({ grace: '1h' });
    go.resolve();
    expect((await call).motd).toBe('done');
    await closed;
  });

  test('closes connections that never said anything', async () => {
    await using served = await serve();
    const socket = connectTcp(served.path);
    await once(socket, 'connect');
    socket.resume();
    await Promise.all([served.server.close(), once(socket, 'close')]);
  });
});

describe('any duplex', () => {
  test('can be served and called', async () => {
    await using server = testServer({ exporter });
    const ended: Promise<void>[] = [];
    const duplex = () => {
      const [ours, theirs] = duplexPair();
      ended.push(server.accept(theirs, 'a tunnel'));
      return ours;
    };
    const channel = createChannel({ duplex, name: 'a tunnel' });
    expect((await channel.unary(getReport, {})).motd).toBe('a tunnel');
    await channel.close();
    await Promise.all(ended);
    expect(ended.length).toBe(1);
  });

  test('may hold next to nothing, even if both sides send', async () => {
    await using server = testServer();
    const [ours, theirs] = duplexPair({ highWaterMark: 1_024 });
    void server.accept(theirs);
    await using channel = createChannel({ duplex: () => ours, name: 'a narrow pipe' });
    using frames = await channel.openFrames();
    const count = 256;
    const sending = (async () => {
      for (let index = 0; index < count; index++) await frames.write(data(Buffer.alloc(65_536)));
      frames.end();
    })();
    expect(await drain(frames)).toBe(count * 65_536);
    await sending;
  });

  test('gets a buffer, a socket only on macOS', async () => {
    await using served = await serve();
    const socket = connectTcp(served.path);
    const [duplex] = duplexPair();
    expect(unblocked(socket, 'linux')).toBe(socket);
    expect(unblocked(socket, 'darwin')).not.toBe(socket);
    expect(unblocked(duplex, 'linux')).not.toBe(duplex);
    socket.destroy();
  });

  test('that is closed already is no connection', async () => {
    await using server = testServer();
    const [ours, theirs] = duplexPair();
    for (const side of [ours, theirs]) side.destroy();
    await server.accept(theirs);
    await using channel = createChannel({ duplex: () => ours, name: 'a tunnel' });
    expect((await grpcFailureOf(channel.unary(getReport, {}))).message).toMatchInlineSnapshot(
      `"UNAVAILABLE: cannot connect to a tunnel: it was closed before it was used"`,
    );
  });

  test('that comes too late is closed', async () => {
    const [ours] = duplexPair();
    const { promise, resolve } = Promise.withResolvers<Duplex>();
    const channel = createChannel({ duplex: () => promise, name: 'a tunnel' });
    const failure = grpcFailureOf(channel.unary(getReport, {}));
    await channel.close();
    await failure;
    resolve(ours);
    await once(ours, 'close');
  });

  test('that breaks is a connection that is lost', async () => {
    await using server = testServer({ exporter: waiting });
    const [ours, theirs] = duplexPair();
    const ended = server.accept(theirs);
    await using channel = createChannel({ duplex: () => ours, name: 'a tunnel' });
    const frames = await channel.openFrames();
    await frames.headers;
    ours.destroy(new Error('the tunnel fell in'));
    expect((await grpcFailureOf(drain(frames))).message).toMatchInlineSnapshot(
      `"UNAVAILABLE: the connection to a tunnel was lost: the tunnel fell in"`,
    );
    theirs.destroy();
    await ended;
  });
});

describe('TLS', () => {
  test('is trusted by authority, by fingerprint, or blindly, and never by default', async () => {
    await using certificate = await makeCertificate('localhost');
    await using other = await makeCertificate('localhost');
    await using server = testServer({ exporter });
    const { cert, key, fingerprint } = certificate;
    const { port } = tcp(await server.listen({ host: '127.0.0.1', port: 0, tls: { cert, key } }));
    const ask = async (tls: Extract<Target, { tls: unknown }>['tls'], host = 'localhost') => {
      await using channel = createChannel({ host, port, tls });
      return (await channel.unary(getReport, {})).motd.replace(/\d+$/, 'PORT');
    };
    expect(await ask({ ca: cert })).toBe('127.0.0.1:PORT');
    expect(await ask({ fingerprint })).toBe('127.0.0.1:PORT');
    expect(await ask({ fingerprint: fingerprint.replaceAll(':', '').toLowerCase() })).toBe('127.0.0.1:PORT');
    expect(await ask({ verify: false })).toBe('127.0.0.1:PORT');
    expect(await ask({ ca: cert, serverName: 'localhost' }, '127.0.0.1')).toBe('127.0.0.1:PORT');
    const refusals = [
      ask({}),
      ask({ ca: other.cert }),
      ask({ ca: cert }, '127.0.0.1'),
      ask({ fingerprint: other.fingerprint }),
    ];
    const failures = await Promise.all(refusals.map(grpcFailureOf));
    expect(failures.map(({ code }) => code)).toEqual(refusals.map(() => Status.UNAVAILABLE));
    const hidden = (text: string) => text.replaceAll(/[0-9a-f]{64}/g, 'HEX').replaceAll(String(port), 'PORT');
    expect(failures.map(({ details }) => hidden(details))).toMatchInlineSnapshot(`
      [
        "cannot connect to localhost:PORT: its certificate is not trusted here (self-signed certificate); give its fingerprint, or the authority that has signed it",
        "cannot connect to localhost:PORT: its certificate is not trusted here (self-signed certificate); give its fingerprint, or the authority that has signed it",
        "cannot connect to 127.0.0.1:PORT: Hostname/IP does not match certificate's altnames: IP: 127.0.0.1 is not in the cert's list: ",
        "cannot connect to localhost:PORT: the SHA-256 fingerprint of its certificate is HEX, expected HEX",
      ]
    `);
  });

  test('needs a server that speaks HTTP/2', async () => {
    await using certificate = await makeCertificate('localhost');
    const { cert, key } = certificate;
    await using old = await listen(
      createTlsServer({ cert, key }, (socket) => socket.on('error', () => undefined)),
    );
    await using channel = createChannel({ host: '127.0.0.1', port: old.port, tls: { verify: false } });
    expect((await grpcFailureOf(channel.unary(getReport, {}))).details).toContain('it does not speak HTTP/2');
  });

  test('is expected where it is served', async () => {
    await using certificate = await makeCertificate('localhost');
    await using server = testServer({ exporter });
    const { port } = tcp(await server.listen({ host: '127.0.0.1', port: 0, tls: certificate }));
    await using channel = createChannel({ host: '127.0.0.1', port, insecure: true });
    expect(await grpcFailureOf(channel.unary(getReport, {}))).toMatchObject({
      code: Status.UNAVAILABLE,
      details: expect.stringContaining('was lost; does it want TLS? It was called without'),
    });
  });

  test('is not expected where it is not served', async () => {
    await using server = testServer({ exporter });
    const { port } = tcp(await server.listen({ host: '127.0.0.1', port: 0, insecure: true }));
    await using channel = createChannel({ host: '127.0.0.1', port, tls: { verify: false } });
    expect(await grpcFailureOf(channel.unary(getReport, {}))).toMatchObject({
      code: Status.UNAVAILABLE,
      details: `cannot connect to 127.0.0.1:${port}: it does not speak TLS; an exporter without TLS is reached with \`insecure\``,
    });
  });
});

function tcp({ address }: Listener): { host: string; port: number } {
  if ('port' in address) return address;
  throw new Error('not TCP');
}

async function listen(server: Server) {
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  if (address === null || typeof address === 'string') throw new Error('not TCP');
  return { port: address.port, [Symbol.asyncDispose]: async () => void server.close() };
}

async function makeCertificate(name: string) {
  const folder = await mkdtempDisposable(join(tmpdir(), 'grpc-tls-'));
  const [keyFile, certFile] = [join(folder.path, 'key.pem'), join(folder.path, 'cert.pem')];
  const parameters = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:P-256', '-nodes', '-days', '2'];
  const names = ['-subj', `/CN=${name}`, '-addext', `subjectAltName=DNS:${name}`];
  await run('openssl', ['req', '-x509', ...parameters, ...names, '-keyout', keyFile, '-out', certFile]);
  const { stdout } = await run('openssl', ['x509', '-in', certFile, '-noout', '-fingerprint', '-sha256']);
  return {
    cert: await readFile(certFile),
    key: await readFile(keyFile),
    fingerprint: stdout.trim().split('=')[1] ?? '',
    [Symbol.asyncDispose]: () => folder.remove(),
  };
}
