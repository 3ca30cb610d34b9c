/** How far a command is: on a terminal in place, in a pipe a line for each thing that is new. */
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { fakeImageFlasher } from 'jumplead/fake';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { group } from '../../../src/driver/index.ts';
import { serveDevice } from './jl.ts';

const HALF = Buffer.alloc(2 ** 20, 'x');

let stack: AsyncDisposableStack;
beforeEach(() => {
  stack = new AsyncDisposableStack();
});
afterEach(() => stack.disposeAsync());

/** A flasher, and the URL of an image of which half comes at once and the rest when `finish` is called. */
async function openSlowImage() {
  const served = stack.use(await serveDevice(group({ flasher: fakeImageFlasher() })));
  const { promise, resolve: finish } = Promise.withResolvers<void>();
  const server = createServer(async (_, response) => {
    response.setHeader('content-length', 2 * HALF.length);
    response.write(HALF);
    await promise;
    response.end(HALF);
  });
  await once(server.listen(0, '127.0.0.1'), 'listening');
  stack.defer(() => {
    server.closeAllConnections();
    server.close();
  });
  const { port } = server.address() as AddressInfo; // SAFE: it listens on TCP
  return { served, url: `http://127.0.0.1:${port}/a.img`, finish };
}

test('on a terminal a line moves, and is replaced by what came of it', async () => {
  const { served, url, finish } = await openSlowImage();
  await using jl = await served.onTerminal(['flasher', 'flash', url]);
  await jl.tty.expect(/[⠋⠙⠹⠸⠼⠴⠦⠧⠇⠏]\S* flash: upload 1\.0 MiB/);
  finish();
  const { before } = await jl.tty.expect(/✔ flash +\d+\.\d+ s {2}done\r\n/);
  // In place: nothing of it is left above.
  expect(before).not.toContain('\n');
  expect(before.slice(-8)).toBe('\x1b[1G\x1b[0K');
  expect(await jl.exited).toBe(0);
});

test('in a pipe there are plain lines', async () => {
  const { served, url, finish } = await openSlowImage();
  finish();
  const { stdout, stderr, exitCode } = await served.jl(['flasher', 'flash', url]);
  expect({ stdout, exitCode }).toEqual({ stdout: '', exitCode: 0 });
  expect(stderr).toMatch(/^ {2}flash: upload\n✔ flash +\d+\.\d+ s {2}done$/);
});
