import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { connect as connectHttp2 } from 'node:http2';
import { connect as connectSocket } from 'node:net';
import { connect, defineRig } from 'jumplead';
import { Console, TcpNetwork, VirtualPower } from 'jumplead/interfaces';
import { expect, test } from 'vitest';
import { WebSocket } from 'ws';
import { ExporterService } from '../../src/rpc/gen/jumpstarter/v1/jumpstarter_pb.ts';
import { Producer } from '../fixtures/producer.ts';
import { callFields, frame, PREFACE, Type } from '../fuzz/http2-frames.ts';
import { data } from '../rpc/grpc-fixture.ts';
import { connectRaw, type RawClient } from '../rpc/raw-session.ts';
import { linesOf } from '../support/lines.ts';
import { peakMemory } from './victim.ts';

/** Longer than it takes on the slowest of hosts. */
const TIMEOUT = 300_000;

const { logStream } = ExporterService.method;
const MIB = 2 ** 20;
/** What the guest prints. */
const PRINTED = 32 * MIB;
/** What the exporter may ever have needed, in MiB; docs/limits.md says so. */
const MOST = 500;

async function start() {
  await using stack = new AsyncDisposableStack();
  const fixture = new URL('../fixtures/flood-exporter.ts', import.meta.url).pathname;
  const child = spawn(process.execPath, [fixture, String(PRINTED)], { stdio: ['pipe', 'pipe', 'inherit'] });
  const exited = once(child, 'exit');
  stack.defer(async () => {
    child.kill('SIGKILL');
    await exited;
  });
  const { value: line = '' } = await linesOf(child.stdout).next();
  const { socket, page }: { socket: string; page: string } = JSON.parse(line);
  const honest = stack.use(await connectRaw({ path: socket }));
  const held = stack.move();
  return {
    socket,
    page,
    honest,
    peak: () => peakMemory(child.pid ?? 0),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}

type Started = Awaited<ReturnType<typeof start>>;

/** Gives the exporter turns in which whoever may produce does so, until what is produced stays the same. */
async function untilStill({ honest }: Started): Promise<void> {
  for (let before = -1, still = 0; still < 200; ) {
    const produced = Number(await honest.call('net', 'address'));
    still = produced === before ? still + 1 : 0;
    before = produced;
  }
}

/** Reads the whole console of a guest that prints, and checks each line. */
async function readConsole(socket: string): Promise<void> {
  const rig = defineRig({ console: Console, power: VirtualPower });
  await using tree = await connect(socket, rig);
  await tree.power.on();
  await using stream = await tree.console.stream({ from: 'boot' });
  let bytes = 0;
  let text = '';
  let next = 0;
  for await (const chunk of stream) {
    bytes += chunk.length;
    text += Buffer.from(chunk).toString('latin1');
    const lines = text.split('\r\n');
    text = lines.pop() ?? '';
    for (const line of lines) if (line !== 'ready' && Number(line) !== next++) throw new Error(line);
    if (next === PRINTED / 64) break;
  }
  expect(bytes).toBeGreaterThan(PRINTED);
}

const service = '/jumpstarter.v1.ExporterService';
const STREAM = '/jumpstarter.v1.RouterService/Stream';
const driverStream = (client: RawClient, path: string) =>
  JSON.stringify({ kind: 'driver', uuid: client.uuid(path), method: 'connect' });

/** Those that read nothing; each resolves when all it wants is open. */
const attackers: Readonly<Record<string, (started: Started, stack: AsyncDisposableStack) => Promise<void>>> =
  {
    'a client of ours that opens everything': async ({ socket }, stack) => {
      const rig = defineRig({ console: Console, net: TcpNetwork, producer: Producer });
      const greedy = stack.use(await connect(socket, rig));
      for (let count = 0; count < 100; count++) stack.use(await greedy.net.connect());
      for (let count = 0; count < 20; count++) stack.use(await greedy.console.stream({ from: 'boot' }));
      for (let count = 0; count < 20; count++) {
        const ticks = greedy.producer.tick()[Symbol.asyncIterator]();
        stack.defer(() => void ticks.return?.());
        await ticks.next();
      }
    },
    'a log that nobody reads': async ({ socket }, stack) => {
      const client = stack.use(await connectRaw({ path: socket }));
      for (let count = 0; count < 20; count++) {
        const log = client.channel.serverStream(logStream, {})[Symbol.asyncIterator]();
        const first = log.next();
        await client.call('producer', 'shout');
        await first;
        stack.defer(() => void log.return?.());
      }
      for (let count = 0; count < 10; count++) await client.call('producer', 'shout');
    },
    'a window of nothing': async ({ socket, honest }, stack) => {
      const session = connectHttp2('http://localhost', {
        createConnection: () => connectSocket(socket),
        settings: { initialWindowSize: 0 },
      });
      stack.defer(() => session.destroy());
      for (let count = 0; count < 200; count++) {
        const request = session.request({
          ':method': 'POST',
          ':path': STREAM,
          'content-type': 'application/grpc',
          te: 'trailers',
          request: driverStream(honest, 'net'),
        });
        await once(request, 'response');
      }
    },
    'windows without end, and a socket that is never read': async ({ socket, honest }, stack) => {
      const raw = connectSocket(socket);
      stack.defer(() => void raw.destroy());
      await once(raw, 'connect');
      const most = Buffer.from([0x7f, 0xff, 0xff, 0xff]);
      raw.write(PREFACE);
      raw.write(frame(Type.SETTINGS, 0, 0, Buffer.concat([Buffer.from([0, 4]), most])));
      raw.write(frame(Type.WINDOW_UPDATE, 0, 0, Buffer.from([0x7f, 0xff, 0, 0])));
      for (let count = 0; count < 100; count++) {
        const request = callFields(STREAM, [['request', driverStream(honest, 'net')]]);
        await new Promise((done) => raw.write(frame(Type.HEADERS, 4, 2 * count + 1, request), done));
      }
    },
    'an upload that no driver reads': async ({ socket }, stack) => {
      const client = stack.use(await connectRaw({ path: socket }));
      for (let count = 0; count < 20; count++) {
        const { frames, headers } = await client.open({ kind: 'resource', uuid: client.uuid('stuck') });
        const handle = JSON.parse(headers['resource'] ?? '');
        client.call('stuck', 'flash', [handle, null]).catch(() => undefined);
        void (async () => {
          for (;;) await frames.write(data(Buffer.alloc(65_536)));
        })().catch(() => undefined);
      }
    },
    'messages that never end': async ({ socket }, stack) => {
      const session = connectHttp2('http://localhost', {
        createConnection: () => connectSocket(socket),
        maxSessionMemory: 1_000,
      });
      stack.defer(() => session.destroy());
      const refused = Promise.withResolvers<void>();
      for (let count = 0; count < 200; count++) {
        const request = session.request({
          ':method': 'POST',
          ':path': `${service}/DriverCall`,
          'content-type': 'application/grpc',
          te: 'trailers',
        });
        request.on('error', () => undefined);
        request.on('response', ({ 'grpc-status': status }) => status === '8' && refused.resolve());
        request.write(Buffer.from([0, 0, 0x3f, 0xff, 0xff]));
        request.write(Buffer.alloc(2 * MIB));
      }
      await refused.promise;
    },
    'a screen that nobody looks at': async ({ page }, stack) => {
      const cookie = (await fetch(page)).headers.get('set-cookie')?.split(';')[0] ?? '';
      const { origin } = new URL(page);
      for (let count = 0; count < 20; count++) {
        const viewer = new WebSocket(`${origin.replace('http:', 'ws:')}/rfb`, {
          headers: { origin, cookie },
        });
        stack.defer(() => viewer.terminate());
        await once(viewer, 'open');
        viewer.pause();
      }
    },
  };

test('memory is bounded, whatever is not read; who reads gets everything', { timeout: TIMEOUT }, async () => {
  await using started = await start();
  await using stack = new AsyncDisposableStack();
  for (const [name, attack] of Object.entries(attackers)) {
    await attack(started, stack);
    await untilStill(started);
    expect(await started.peak(), name).toBeLessThan(MOST);
  }
  await readConsole(started.socket);
  expect(await started.peak()).toBeLessThan(MOST);
});
