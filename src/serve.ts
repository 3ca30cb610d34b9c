import { type Connected, connect } from './client/index.ts';
import type { Log } from './core/index.ts';
import type { Driver } from './driver/index.ts';
import { openSession } from './exporter/index.ts';

/** How a device is served within this process. */
export interface ServeOptions {
  /** Folder for what a user may want to see afterwards: transcripts, command lines, pictures. Made if it is not there. */
  readonly artifacts?: string | undefined;
  /** By default warnings and errors go to stderr; `JUMPLEAD_LOG` sets the level. */
  readonly log?: Log | undefined;
  /** Gives the opening up. */
  readonly signal?: AbortSignal | undefined;
}

/**
 * Opens a device and serves it within this process; disposing of the result closes the device again.
 *
 * The session is a real one, on a private Unix socket: a local device and a remote one are used by the same code.
 */
export async function serve<D extends Driver>(driver: D, options: ServeOptions = {}): Promise<Connected<D>> {
  await using stack = new AsyncDisposableStack();
  const session = stack.use(await openSession(driver, options));
  const { artifacts, signal } = options;
  const own = { localToken: session.localToken, beneath: session };
  const tree = await connect(session.socket, driver, { artifacts, signal }, own);
  stack.move(); // The tree closes the session now.
  return tree;
}
