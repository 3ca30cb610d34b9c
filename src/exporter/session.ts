import type { Duplex } from 'node:stream';
import {
  createLog,
  type Duration,
  type Log,
  makePrivateDir,
  raceSignal,
  StateError,
  startDeadline,
  UnderWay,
} from '../core/index.ts';
import { type Driver, resolveProxies } from '../driver/index.ts';
import { type LogOrigin, ServedSession, type SessionState, type SessionStatus } from '../rpc/index.ts';
import { checkListenOptions, type ListenOptions, listen } from './listen.ts';
import { Offers } from './offers.ts';
import { openSocketFolder } from './socket-folder.ts';

/** How a session is opened. */
export interface SessionOptions {
  /** Folder for what a user may want to see afterwards; made if it is not there. */
  readonly artifacts?: string | undefined;
  readonly log?: Log | undefined;
  /** Gives the opening up. A session that is open is ended by `close`. */
  readonly signal?: AbortSignal | undefined;
  /** What the exporter calls itself in its report. */
  readonly name?: string | undefined;
  /** A message for whoever connects. */
  readonly motd?: string | undefined;
  /** The status to begin with, and what is said with it; by default `LEASE_READY`, ready for calls. */
  readonly status?: { readonly state: SessionState; readonly message: string } | undefined;
}

/** A tree of drivers, opened and served. */
export interface ExporterSession extends AsyncDisposable {
  /** The private socket: its folder can be entered by its owner only, and calls on it need no passphrase. */
  readonly socket: string;
  /** What a client within this process shows to count as local. */
  readonly localToken: string;
  /** What `GetStatus` answers. */
  readonly status: SessionStatus;
  /** The message for whoever connects, `''` for none. */
  motd: string;
  /** A log that clients see as that of `origin`. */
  logOf(origin: LogOrigin): Log;
  /**
   * Lets the session be reached by TCP as well; resolves with the address as it came out.
   *
   * @throws ConfigError; LaunchError; StateError once it is closed.
   */
  listen(options: ListenOptions): Promise<{ readonly host: string; readonly port: number }>;
  /** Serves one connection of any kind, such as a tunnel. Resolves when it has ended. */
  accept(connection: Duplex, peer: string): Promise<void>;
  /**
   * Ends every connection and closes the drivers, in the reverse order of opening; resolves when what was under way has ended,
   * too. Called again, it waits for the same; takes two minutes at most, and rejects with all that went wrong.
   */
  close(): Promise<void>;
}

const CLOSED = [
  'listen: the session is closed; it must be open',
  { state: 'closed', needed: 'open' },
  { operation: 'listen' },
] as const;

/** The time for each step of closing. What takes longer is left behind, and said so. */
const CLOSE_TIMEOUT: Duration = '30s';

/** Opens `driver` and serves it on a private socket. When that fails, nothing stays open. */
export async function openSession(driver: Driver, options: SessionOptions = {}): Promise<ExporterSession> {
  const {
    artifacts,
    log = createLog(),
    signal = new AbortController().signal,
    status = { state: 'LEASE_READY', message: '' },
  } = options;
  await using stack = new AsyncDisposableStack();
  if (artifacts !== undefined) await makePrivateDir(artifacts);
  const calls = new UnderWay();
  // At last: some end only with what their driver holds.
  stack.defer(() => bounded('end the calls under way', () => calls.over()));
  const offers = new Offers(log);
  const root = await driver.open({ log, signal, path: '', artifacts, offer: offers.offer });
  stack.defer(() => bounded('close the drivers', async () => root.close?.()));
  signal.throwIfAborted();

  const session = new ServedSession(resolveProxies(root), {
    ...{ log, calls },
    name: options.name,
    motd: options.motd,
  });
  stack.use(offers.begin(session));
  const privateServer = session.createServer();
  const { socket } = stack.use(await openSocketFolder((path) => listen(privateServer, { path })));
  stack.defer(() => bounded('close the connections', () => privateServer.close()));
  session.status.update(status.state, status.message);
  signal.throwIfAborted();

  const held = stack.move();
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= held.disposeAsync();
    return closed;
  };
  return {
    socket,
    localToken: session.localToken,
    status: session.status,
    get motd() {
      return session.motd;
    },
    set motd(text) {
      session.motd = text;
    },
    logOf: (origin) => session.logOf(origin),
    listen: async (address) => {
      if (closed) throw new StateError(...CLOSED);
      checkListenOptions(address);
      const server = session.createServer({ passphrase: address.passphrase });
      held.defer(() => bounded('close the connections', () => server.close()));
      const listener = await listen(server, address);
      return 'host' in listener.address ? listener.address : { host: address.host, port: address.port };
    },
    accept: (connection, peer) => privateServer.accept(connection, peer),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function bounded(what: string, close: () => PromiseLike<void>): Promise<void> {
  using deadline = startDeadline(
    { timeout: CLOSE_TIMEOUT },
    { operation: what, waitingFor: 'its end', fault: 'lab' },
  );
  await raceSignal(Promise.resolve(close()), deadline.signal);
}
