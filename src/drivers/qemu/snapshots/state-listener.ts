import { once } from 'node:events';
import { createWriteStream } from 'node:fs';
import { chmod, chown, rm } from 'node:fs/promises';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import { pipeline } from 'node:stream/promises';
import { raceSignal } from '../../../core/index.ts';

/** A socket to which a QEMU sends what its devices are doing. */
export interface StateListener extends AsyncDisposable {
  readonly path: string;
  /** Resolves when all of it has come and is in the file. */
  received(signal: AbortSignal): Promise<void>;
}

/**
 * Listens in `folder`, to write what comes into the new file `file`.
 *
 * @param user Whom QEMU runs as, where that is not we ourselves.
 */
export async function openStateListener(
  folder: string,
  file: string,
  user: { readonly uid: number; readonly gid: number } | null,
): Promise<StateListener> {
  await using stack = new AsyncDisposableStack();
  const path = join(folder, 'state');
  const { promise, resolve, reject } = Promise.withResolvers<void>();
  promise.catch(() => undefined);
  const connections = new Set<Socket>();
  const server = createServer({ pauseOnConnect: false }, (socket) => {
    connections.add(socket);
    server.close();
    pipeline(socket, createWriteStream(file, { flags: 'wx', mode: 0o600 })).then(resolve, reject);
  });
  stack.defer(() => rm(path, { force: true }));
  stack.defer(() => {
    server.close();
    for (const socket of connections) socket.destroy();
  });
  server.listen(path);
  await once(server, 'listening');
  server.on('error', reject); // QEMU's connection could not be taken.
  await chmod(path, 0o600);
  if (user) await chown(path, user.uid, user.gid);
  const held = stack.move();
  return {
    path,
    received: (signal) => raceSignal(promise, signal),
    [Symbol.asyncDispose]: () => held.disposeAsync(),
  };
}
