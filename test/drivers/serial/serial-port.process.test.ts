import { once } from 'node:events';
import { createServer } from 'node:net';
import { pino } from 'pino';
import { describe, expect, it } from 'vitest';
import { openDevice } from '../../../src/drivers/serial/device.ts';
import { serialPort } from '../../../src/drivers/serial/index.ts';
import { serve } from '../../../src/index.ts';
import { openPty } from '../../fixtures/pty.ts';
import { type Misbehaviour, openRfc2217Server } from '../../fixtures/rfc2217-server.ts';
import { closedPort } from '../../interop/closed-port.ts';
import { callContext, openDriver, readAll, readUntil } from '../open-driver.ts';

const options = { log: pino({ level: 'silent' }) };
const rfc2217 = (port: number, query = '') => `rfc2217://127.0.0.1:${port}${query}`;

describe('a terminal server', () => {
  it('sets the port up, and carries every byte in both directions', async () => {
    await using server = await openRfc2217Server();
    await using serial = await serve(serialPort({ url: rfc2217(server.port), baudrate: 57_600 }), options);
    await using stream = await serial.stream();
    expect(server.baudrate()).toBe(57_600);
    const all = Buffer.from(Array.from({ length: 4_096 }, (_, index) => (index % 3 ? 255 : index % 256)));
    await stream.write(all);
    const received: Uint8Array[] = [];
    for await (const chunk of stream) {
      received.push(chunk);
      if (Buffer.concat(received).length >= all.length) break;
    }
    expect(Buffer.concat(received).equals(all)).toBe(true);
  });

  it('sets the lines of the connection that is open', async () => {
    await using server = await openRfc2217Server();
    await using serial = await serve(serialPort({ url: rfc2217(server.port) }), options);
    await using _stream = await serial.stream();
    await serial.setDtr(false);
    await serial.setRts(false);
    expect(server.lines).toEqual({ dtr: false, rts: false });
    expect(server.connections()).toBe(1);
  });

  it('writes nothing while the server wants nothing', async () => {
    await using server = await openRfc2217Server();
    await using node = await openDriver(serialPort({ url: rfc2217(server.port) }));
    await using stream = await node.handlers.connect(undefined, callContext());
    server.suspend(true);
    server.say('wait');
    await readUntil(stream, 'wait');
    let written = false;
    const writing = stream.write(Buffer.from('later')).then(() => {
      written = true;
    });
    server.say('not yet');
    await readUntil(stream, 'not yet');
    expect(written).toBe(false);
    server.suspend(false);
    await writing;
    await readUntil(stream, 'later');
  });

  it.each<{ how: string; server: Misbehaviour; query?: string; code: string; says: RegExp }>([
    {
      how: 'is none',
      server: { refusesOption: true },
      code: 'unreachable',
      says: /the server does not speak RFC 2217$/,
    },
    {
      how: 'does not do the speed',
      server: { onlySpeed: 9_600 },
      code: 'unreachable',
      says: /the server does not do a speed of 115200; its own is 9600$/,
    },
    {
      how: 'says nothing',
      server: { silent: true },
      query: '?timeout=0.05',
      code: 'deadline',
      says: /to speak RFC 2217/,
    },
  ])('that $how is told when the exporter starts', async ({ server: misbehaviour, query, code, says }) => {
    await using server = await openRfc2217Server(misbehaviour);
    const opened = serve(serialPort({ url: rfc2217(server.port, query) }), options);
    await expect(opened).rejects.toMatchObject({ code, message: expect.stringMatching(says) });
  });

  it('that does not confirm control lines is taken at its word with ign_set_control', async () => {
    await using server = await openRfc2217Server({ mute: true });
    const url = rfc2217(server.port, '?ign_set_control');
    await using node = await openDriver(serialPort({ url }));
    await using stream = await node.handlers.connect(undefined, callContext());
    await node.handlers.setDtr(false, callContext());
    await stream.write(Buffer.from('x'));
    await readUntil(stream, 'x');
    expect(server.lines.dtr).toBe(false);
  });
});

describe('a device', () => {
  it('is a console like that of a machine: expect, and what was typed', async () => {
    await using pty = await openPty();
    await using serial = await serve(serialPort({ url: pty.path }), options);
    await using tty = await serial.open();
    pty.input.write('U-Boot 2026.01\r\nHit any key to stop autoboot: ');
    await tty.expect('stop autoboot: ');
    await tty.write(' ');
    await once(pty.output, 'readable');
    expect(String(pty.output.read())).toBe(' ');
  });

  it('that is not there is told when the exporter starts, unless it may come later', async () => {
    const url = '/dev/serial/by-id/usb-nowhere';
    await expect(serve(serialPort({ url }), options)).rejects.toMatchObject({
      code: 'unreachable',
      target: url,
      message: `${url}: cannot open (No such file or directory)`,
    });
    await using serial = await serve(serialPort({ url, checkPresent: false }), options);
    await expect(serial.stream()).rejects.toMatchObject({ code: 'unreachable', target: url });
  });

  it('is ours alone while a stream is open, and free afterwards', async () => {
    await using pty = await openPty();
    await using serial = await serve(serialPort({ url: pty.path }), options);
    const stream = await serial.stream();
    await expect(serve(serialPort({ url: pty.path }), options)).rejects.toMatchObject({
      code: 'unreachable',
      message: expect.stringContaining('another program has it open'),
    });
    await stream[Symbol.asyncDispose]();
    await serial.close();
    await using other = await serve(serialPort({ url: pty.path }), options);
    await using _theirs = await other.stream();
  });

  it('has no control lines where the terminal has none', async () => {
    await using pty = await openPty();
    await using serial = await serve(serialPort({ url: pty.path }), options);
    await expect(serial.setDtr(true)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining('this port has no line DTR'),
    });
  });

  it('that is pulled out breaks the streams of all', async () => {
    await using pty = await openPty();
    await using serial = await serve(serialPort({ url: pty.path }), options);
    await using first = await serial.stream();
    await using second = await serial.stream();
    const broken = Promise.all(
      [first, second].map((stream) =>
        expect(readAll(stream)).rejects.toMatchObject({ code: 'unreachable', target: pty.path }),
      ),
    );
    await pty.pullOut();
    await broken;
  });
});

describe('a device that is opened again and again', () => {
  it('lets itself be closed at any moment of a read, and is free at once', async () => {
    await using pty = await openPty();
    pty.output.pipe(pty.input);
    const settings = { baudrate: 115_200, disableHupcl: false };
    for (let round = 0; round < 100; round += 1) {
      const port = await openDevice(pty.path, settings, new AbortController().signal);
      const reading = readAll(port);
      if (round % 2) await port.write(Buffer.from('some text'));
      if (round % 3) await new Promise(setImmediate);
      await port[Symbol.asyncDispose]();
      await reading;
    }
  });
});

describe('a device that has gone before anybody reads', () => {
  it('breaks as well', async () => {
    await using pty = await openPty();
    const settings = { baudrate: 115_200, disableHupcl: false };
    await using port = await openDevice(pty.path, settings, new AbortController().signal);
    await pty.pullOut();
    await expect(readAll(port)).rejects.toMatchObject({
      code: 'unreachable',
      message: `${pty.path}: the connection was lost (the device has gone)`,
    });
  });
});

describe('bytes over TCP', () => {
  it('have no control lines', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const { port } = server.address() as { port: number }; // SAFE: a TCP server that listens
    const url = `socket://127.0.0.1:${port}`;
    await using serial = await serve(serialPort({ url }), options);
    await expect(serial.setRts(true)).rejects.toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining(`${url}: this port has no line RTS`),
    });
    await once(server.close(), 'close');
  });

  it('must have somebody who listens', async () => {
    const port = await closedPort();
    await expect(serve(serialPort({ url: `socket://127.0.0.1:${port}` }), options)).rejects.toMatchObject({
      code: 'unreachable',
      message: `socket://127.0.0.1:${port}: cannot connect (ECONNREFUSED)`,
    });
  });
});

it('a loop writes as slowly as it was told', async () => {
  await using serial = await serve(serialPort({ url: 'loop://', cps: 1_000 }), options);
  await using stream = await serial.stream();
  await stream.write(Buffer.from('ls\r'));
  await readUntil(stream, 'ls\r');
});
