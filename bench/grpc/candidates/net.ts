import { connect as connectSocket, createServer, type Socket } from 'node:net';
import { type Candidate, COUNT, PAYLOAD } from '../candidate.ts';

/** Plain sockets without any framing: what the machine gives. The first byte of a connection is its mode. */
const server = createServer((socket: Socket) => {
  socket.on('error', () => undefined);
  socket.once('data', (first) => {
    socket.pause();
    if (first.length > 1) socket.unshift(first.subarray(1));
    const mode = String.fromCharCode(first[0] ?? 0);
    if (mode === 'e' || mode === 'c') socket.pipe(socket);
    else if (mode === 'i') {
      let bytes = 0;
      socket.on('data', (chunk) => {
        bytes += chunk.length;
        if (bytes === COUNT * PAYLOAD.length) socket.write('x');
      });
      socket.resume();
    } else if (mode === 'o') void send(socket);
  });
});

async function send(socket: Socket) {
  for (let index = 0; index < COUNT; index++) await write(socket, PAYLOAD);
  socket.end();
}

async function write(socket: Socket, payload: Uint8Array) {
  if (!socket.write(payload)) await new Promise((resolve) => socket.once('drain', resolve));
}

const MODES = { echo: 'e', sink: 'i', source: 'o', stall: 's' } as const;

export const candidate: Candidate = {
  serve: (path) => new Promise((resolve) => server.listen({ path }, resolve)),
  connect: (path) => {
    const calls = connectSocket(path);
    calls.write('c');
    return {
      call: async () => {
        calls.write('a small request of about the same length');
        await new Promise((resolve) => calls.once('data', resolve));
        return '';
      },
      open: async (mode) => {
        const socket = connectSocket(path).on('error', () => undefined);
        socket.write(MODES[mode]);
        return {
          headers: Promise.resolve(),
          write: (payload) => write(socket, payload),
          end: () => socket.end(),
          lengths: (async function* () {
            for await (const chunk of socket) yield chunk.length;
          })(),
          cancel: () => socket.destroy(),
        };
      },
    };
  },
};
