import { chmod } from 'node:fs/promises';
import { join } from 'node:path';
import { openOwnedFolder, runtimeFolders, sweepFolders } from '../core/index.ts';

/** A folder with the private socket of a session. Closing removes it. */
export interface SocketFolder extends AsyncDisposable {
  readonly socket: string;
}

/** Makes a folder that only its owner can enter, lets `listen` listen there, and sweeps away what killed sessions have left. */
export async function openSocketFolder(listen: (path: string) => Promise<unknown>): Promise<SocketFolder> {
  const kind = await runtimeFolders();
  await sweepFolders(kind);
  await using stack = new AsyncDisposableStack();
  const { path } = stack.use(await openOwnedFolder(kind));
  const socket = join(path, 'socket');
  await listen(socket);
  await chmod(socket, 0o600);
  const held = stack.move();
  return { socket, [Symbol.asyncDispose]: () => held.disposeAsync() };
}
