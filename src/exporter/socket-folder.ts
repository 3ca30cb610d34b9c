import { once } from 'node:events';
import { readdir, rename, rm } from 'node:fs/promises';
import { connect } from 'node:net';
import { dirname, join } from 'node:path';
import { makeRuntimeDir } from '../core/index.ts';

/** As `makeRuntimeDir` names its folders. */
const FOLDER = /^jumplead-[0-9a-f]{10}$/;
const SOCKET = 'socket';
/** What a socket is called until somebody listens on it: one that nobody listens on is taken for a dead session's. */
const UNBORN = 'new';

/** A folder with the private socket of a session. Closing removes it. */
export interface SocketFolder extends AsyncDisposable {
  /** Where the socket is, once `listen` has resolved. */
  readonly socket: string;
}

/** Makes a folder that only its owner can enter, lets `listen` listen there, and sweeps away what killed sessions have left. */
export async function openSocketFolder(listen: (path: string) => Promise<unknown>): Promise<SocketFolder> {
  const folder = await makeRuntimeDir();
  await using stack = new AsyncDisposableStack();
  stack.defer(() => rm(folder, { recursive: true, force: true }));
  await sweep(dirname(folder));
  const socket = join(folder, SOCKET);
  await listen(join(folder, UNBORN));
  await rename(join(folder, UNBORN), socket);
  const held = stack.move();
  return { socket, [Symbol.asyncDispose]: () => held.disposeAsync() };
}

/** Removes the folders whose sockets nobody listens on. Those of other users cannot be asked, and stay. */
async function sweep(parent: string): Promise<void> {
  const folders = (await readdir(parent)).filter((name) => FOLDER.test(name));
  for (const name of folders) {
    const folder = join(parent, name);
    if (await isDead(join(folder, SOCKET))) await rm(folder, { recursive: true, force: true });
  }
}

async function isDead(path: string): Promise<boolean> {
  const asker = connect(path);
  try {
    await once(asker, 'connect');
    return false;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'ECONNREFUSED'; // SAFE: sockets fail with errors of the system
  } finally {
    asker.destroy();
  }
}
