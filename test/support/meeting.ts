import { once } from 'node:events';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';

/** A socket to which programs come, and are let go on together. */
export interface Meeting extends AsyncDisposable {
  readonly path: string;
  /** Resolves when as many have come, and lets them go on. */
  readonly all: Promise<void>;
}

export async function openMeeting(folder: string, wanted: number): Promise<Meeting> {
  const path = join(folder, 'meeting');
  const come: Socket[] = [];
  const { promise: all, resolve } = Promise.withResolvers<void>();
  const server = createServer((socket) => {
    come.push(socket.on('error', () => undefined));
    if (come.length < wanted) return;
    for (const one of come) one.write('go');
    resolve();
  });
  server.listen(path);
  await once(server, 'listening');
  return {
    path,
    all,
    [Symbol.asyncDispose]: async () => {
      for (const socket of come) socket.destroy();
      server.close();
    },
  };
}
