import { raceSignal, startDeadline } from '../core/index.ts';
import type { Rig } from '../interfaces/index.ts';
import { openExporter } from '../rpc/index.ts';
import { type Address, type ReachOptions, readAddress } from './address.ts';
import type { ClientTree } from './handles.ts';
import { checkRig } from './match.ts';
import { createSession, type OpenSession } from './session.ts';
import { buildTree } from './tree.ts';

/** How to reach a session, and where to leave things. */
export interface ConnectOptions extends ReachOptions {
  /** Folder for pictures and other leavings. */
  readonly artifacts?: string | undefined;
}

/** The handles of a rig; disposing of the root ends the session. */
export type Connected<R extends Rig> = ClientTree<R> & AsyncDisposable;

/** What only the process that serves a session can give, or who has had it made. */
export interface OwnSession {
  /** What the session takes for the mark of its own process. */
  readonly localToken?: string | undefined;
  /** The session itself, where it is to be closed after the connection. */
  readonly beneath?: AsyncDisposable | undefined;
}

/**
 * Connects to a session and gives the handles of `rig`.
 *
 * @throws ConfigError when the exporter has not what the rig names; UnreachableError, AuthError, DeadlineError
 */
export async function connect<R extends Rig>(
  address: Address,
  rig: R,
  options: ConnectOptions = {},
  own?: OwnSession,
): Promise<Connected<R>> {
  using deadline = startDeadline(options, {
    operation: 'connect',
    waitingFor: 'the session',
    fault: 'lab',
  });
  const { signal } = deadline;
  await using stack = new AsyncDisposableStack();
  const session = stack.use(await openSession(address, { ...options, signal, timeout: undefined }, own));
  const { root } = session.report;
  checkRig(rig, root, session.target);
  const handles = await raceSignal(buildTree(session, rig, root), signal);
  Object.defineProperty(handles, Symbol.asyncDispose, { value: session.close, configurable: true });
  stack.move(); // From here on the session is the caller's to close.
  return handles as Connected<R>; // SAFE: buildTree makes what ClientTree says
}

/** Connects to a session and reads its report. */
export async function openSession(
  address: Address,
  options: ConnectOptions,
  own?: OwnSession,
): Promise<OpenSession> {
  const { target, name } = readAddress(address, options);
  const { passphrase, signal, timeout, artifacts } = options;
  const localToken = own?.localToken;
  const exporter = await openExporter(target, { name, passphrase, localToken, signal, timeout });
  return createSession(exporter, { local: localToken !== undefined, artifacts, beneath: own?.beneath });
}
