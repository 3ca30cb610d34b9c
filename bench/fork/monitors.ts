import { once } from 'node:events';
import { chmod } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { openQmp, type Qmp } from '../../src/drivers/qemu/machine/qmp.ts';

/** Control connections of all QEMUs that are started with `args`, beside those of the driver. */
export interface Monitors extends AsyncDisposable {
  readonly args: readonly string[];
  /** That of the first QEMU. */
  readonly first: Promise<Qmp>;
}

/** Listens in `folder`, which QEMU must be able to enter, for what QEMUs connect to when they start. */
export async function openMonitors(folder: string): Promise<Monitors> {
  const path = join(folder, 'monitors');
  const sockets = new Set<Socket>();
  const { promise: first, resolve } = Promise.withResolvers<Qmp>();
  const server = createServer((socket) => {
    if (sockets.size === 0) resolve(openQmp(socket));
    else socket.resume();
    sockets.add(socket.on('error', () => undefined));
  });
  server.listen(path);
  await once(server, 'listening');
  // QEMU may be another user's.
  await chmod(path, 0o777);
  return {
    args: ['-chardev', `socket,id=bench,path=${path}`, '-mon', 'chardev=bench,mode=control'],
    first,
    [Symbol.asyncDispose]: async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, 'close');
    },
  };
}
