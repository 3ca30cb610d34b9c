import { type ChildProcessByStdio, spawn } from 'node:child_process';
import { once } from 'node:events';
import { createInterface } from 'node:readline';
import type { Readable, Writable } from 'node:stream';
import { pino } from 'pino';
import { expect, test } from 'vitest';
import { runTool } from '../../src/core/index.ts';
import { serialPort } from '../../src/drivers/serial/index.ts';
import { serve } from '../../src/index.ts';
import { openRfc2217Server } from '../fixtures/rfc2217-server.ts';
import { openPythonEnv } from './python-env.ts';

const EVERY_BYTE = Buffer.from(Array.from({ length: 256 * 16 }, (_, index) => index % 256));

/** pyserial's server, and what it says of its port. */
async function openStockServer(stack: AsyncDisposableStack) {
  const python = await openPythonEnv();
  const args = [python.script('rfc2217_server.py')];
  const child: ChildProcessByStdio<Writable, Readable, null> = spawn(python.program('python'), args, {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  const exited = once(child, 'exit');
  stack.defer(async () => {
    child.stdin.end();
    await exited;
  });
  const lines = createInterface({ input: child.stdout })[Symbol.asyncIterator]();
  const line = async () => String((await lines.next()).value);
  const port = Number(await line());
  const state = async (): Promise<unknown> => {
    child.stdin.write('\n');
    return JSON.parse(await line());
  };
  return { port, state };
}

test("a port of pyserial's server", async () => {
  await using stack = new AsyncDisposableStack();
  const { port, state } = await openStockServer(stack);
  const driver = serialPort({ url: `rfc2217://127.0.0.1:${port}`, baudrate: 57_600 });
  const serial = stack.use(await serve(driver, { log: pino({ level: 'silent' }) }));
  const stream = stack.use(await serial.stream());
  await stream.write(EVERY_BYTE);
  let received = Buffer.alloc(0);
  for await (const chunk of stream) {
    received = Buffer.concat([received, chunk]);
    if (received.length >= EVERY_BYTE.length) break;
  }
  expect(received.equals(EVERY_BYTE)).toBe(true);
  await serial.setDtr(false);
  expect(await state()).toEqual({ baudrate: 57_600, bytesize: 8, parity: 'N', dtr: false, rts: true });
  await serial.setRts(false);
  await serial.setDtr(true);
  expect(await state()).toMatchObject({ dtr: true, rts: false });
});

test("the server of our own tests, by pyserial's client", async () => {
  await using server = await openRfc2217Server();
  const python = await openPythonEnv();
  const args = [python.script('rfc2217_client.py'), String(server.port)];
  const { stdout } = await runTool(python.program('python'), args);
  expect(JSON.parse(stdout)).toEqual({ echoed: true });
  expect({ baudrate: server.baudrate(), ...server.lines }).toEqual({
    baudrate: 57_600,
    dtr: false,
    rts: false,
  });
});

test('why two cells of the matrix are dashes: the stock driver does not get as far as a stream', async () => {
  const python = await openPythonEnv();
  await using server = await openRfc2217Server();
  const args = [python.script('rfc2217_driver.py'), `rfc2217://127.0.0.1:${server.port}`];
  const { stdout } = await runTool(python.program('python'), args);
  expect(stdout.trim()).toBe('NotImplementedError: write_timeout is currently not supported');
});
