import { connect, type Socket } from 'node:net';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { connect as connectTls } from 'node:tls';
import { afterAll, beforeAll, test } from 'vitest';
import type { Place } from '../hostile/victim.ts';
import { checkRecovered, fuzz, openRange, type Range, TIMEOUT } from './fuzzing.ts';
import { type Conversation, callFields, conversation, frame, PREFACE, Type } from './http2-frames.ts';

let range: Range;
beforeAll(async () => {
  range = await openRange();
});
afterAll(() => range.victim[Symbol.asyncDispose]());

function open({ socket, port, tlsPort }: Place, way: Conversation['way']): Socket {
  if (way === 'unix') return connect(socket);
  if (way === 'tcp') return connect(port, '127.0.0.1');
  return connectTls({ port: tlsPort, host: '127.0.0.1', ALPNProtocols: ['h2'], rejectUnauthorized: false });
}

/** Holds a conversation, reading all that comes, until the connection is closed. */
async function hold({ pieces, way, leaves }: Conversation): Promise<void> {
  const socket = open(range.victim.place, way).on('error', () => undefined);
  const closed = new Promise((resolve) => socket.once('close', resolve));
  socket.resume();
  for (const piece of pieces) {
    socket.write(piece);
    await nextTurn();
  }
  if (leaves === 'end') socket.end();
  else socket.destroy();
  await closed;
}

const u32 = (value: number) => Buffer.from([value >>> 24, value >>> 16, value >>> 8, value]);
const hello = [PREFACE, frame(Type.SETTINGS, 0, 0, Buffer.alloc(0))];
const GET_REPORT = callFields('/jumpstarter.v1.ExporterService/GetReport');

test('whatever comes on a connection, the others go on, and nothing of it stays', {
  timeout: TIMEOUT,
}, async () => {
  const { victim } = range;
  const examples: Conversation[] = (['unix', 'tls'] as const).flatMap((way) => [
    // A stream is reset in the very packet that opens it.
    {
      pieces: [
        Buffer.concat([
          ...hello,
          frame(Type.HEADERS, 4, 1, GET_REPORT),
          frame(Type.RST_STREAM, 0, 1, u32(8)),
        ]),
      ],
      way,
      leaves: 'end' as const,
    },
    // The same for what is answered with a status of HTTP alone.
    {
      pieces: [
        Buffer.concat([
          ...hello,
          frame(Type.HEADERS, 5, 1, Buffer.from('8284418cf1e3c2e5f23a6ba0ab90f4ff86', 'hex')),
          frame(Type.RST_STREAM, 0, 1, u32(8)),
        ]),
      ],
      way,
      leaves: 'reset' as const,
    },
    // A window that overflows while an answer is on its way.
    {
      pieces: [
        ...hello,
        frame(Type.HEADERS, 4, 1, GET_REPORT),
        frame(Type.WINDOW_UPDATE, 0, 1, u32(0x7fff_ffff)),
        frame(Type.DATA, 1, 1, Buffer.alloc(5)),
      ],
      way,
      leaves: 'end' as const,
    },
  ]);
  await fuzz(victim, conversation, hold, { runs: 150, examples });
  await checkRecovered(range);
});
