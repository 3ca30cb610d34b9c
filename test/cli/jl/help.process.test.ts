import { once } from 'node:events';
import { mkdtempDisposable } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fakeFlasher, fakeMachine, fakePower, fakeStorageMux } from 'jumplead/fake';
import { expect, test } from 'vitest';
import { quickHelp } from '../../../src/cli/jl/help.ts';
import { group } from '../../../src/driver/index.ts';
import { runJl, serveDevice } from './jl.ts';

const device = () =>
  group({
    power: fakePower(),
    flasher: fakeFlasher(),
    mux: fakeStorageMux(),
    vm: fakeMachine(),
    inner: group({ power: fakePower() }),
  });

test('the help of the root is the same by one call as by the whole client', async () => {
  await using served = await serveDevice(device());
  const quick = await quickHelp({}, { JUMPSTARTER_HOST: served.socket });
  expect(quick?.helpInformation()).toContain('\n  power ');
  // What the exporter logs is not to be had by one call.
  const whole = await served.jl(['--log-level', 'critical', '--help']);
  expect(await served.jl(['--help'])).toEqual(whole);
  expect(whole.stdout).toContain('\n  vm ');
});

test('a report of hundreds of nodes, which comes in many pieces', async () => {
  const names = Array.from({ length: 400 }, (_, index) => `relay-${index}`);
  await using served = await serveDevice(group(Object.fromEntries(names.map((name) => [name, fakePower()]))));
  const quick = await quickHelp({ host: served.socket }, {});
  expect(quick?.commands.map((command) => command.name())).toEqual([...names, 'completion', 'complete']);
});

test('what it takes more for is left to the client', async () => {
  await using served = await serveDevice(fakeMachine());
  const env = { JUMPSTARTER_HOST: served.socket };
  // A root with commands of its own, a passphrase, a port.
  expect(await quickHelp({}, env)).toBeUndefined();
  expect(await quickHelp({}, { ...env, JMP_GRPC_PASSPHRASE: 'x' })).toBeUndefined();
  expect(await quickHelp({ host: '127.0.0.1:1' }, {})).toBeUndefined();
  expect((await served.jl(['--help'])).stdout).toContain('\n  snapshot');
});

/** Peers that are no exporter. */
const STRANGERS: Record<string, (socket: Socket) => void> = {
  'closes at once': (socket) => socket.destroy(),
  'speaks HTTP/1': (socket) => socket.end('HTTP/1.1 400 Bad Request\r\n\r\n'),
  'says goodbye': (socket) => socket.end(Buffer.from([0, 0, 8, 7, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1])),
  'never ends': (socket) => socket.write(Buffer.alloc(5 * 1_024 * 1_024)),
};

test.for(Object.entries(STRANGERS))(
  'a stranger that %s: the client says what is wrong',
  async ([, answer]) => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'jumplead-jl-'));
    const path = join(folder.path, 'socket');
    const server = createServer((socket) => {
      socket.on('error', () => undefined);
      answer(socket);
    }).listen(path);
    await once(server, 'listening');
    const { stderr, exitCode } = await runJl(['--host', path, '--help']);
    expect(exitCode).toBe(3);
    expect(stderr).toContain('fault: this host or its surroundings');
    server.close();
  },
);
