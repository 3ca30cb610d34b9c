import {
  constants,
  type IncomingHttpHeaders,
  performServerHandshake,
  type ServerHttp2Session,
  type ServerHttp2Stream,
} from 'node:http2';
import type { Duplex } from 'node:stream';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { type Duration, parseDuration } from '../../core/index.ts';
import { MAX_CALLS, MAX_CONNECTIONS, SERVER_SESSION, SERVER_WINDOW } from './limits.ts';
import { type Arrival, type ListenAddress, type Listener, openListener } from './listener.ts';
import { refuseHttp, runHandler } from './serve-call.ts';
import { Http2ServerCall } from './server-call.ts';
import { methodPath, type Route, type ServerCall } from './service.ts';
import { GrpcError, Status } from './status.ts';
import { startTimer } from './timer.ts';
import { unblocked } from './unblocked.ts';

/**
 * Surrounds every call, also those of unknown methods, before anything of the request's body is read. Throwing instead
 * of calling `next` refuses the call. `next` rejects as the handler does; what this rejects with becomes the status.
 */
export type Intercept = (call: ServerCall, next: () => Promise<void>) => Promise<void>;

export interface GrpcServerOptions {
  /** What is served: `[...implement(ExporterService, handlers), ...]`. */
  readonly routes: readonly Route[];
  readonly intercept?: Intercept;
  /** The status for an error that is not a GrpcError. By default UNKNOWN, which tells the peer nothing. */
  readonly toStatus?: (error: unknown, call: ServerCall) => GrpcError;
  /** How many calls may be under way; MAX_CALLS by default. */
  readonly maxCalls?: number;
}

/** A gRPC server without a place of its own: it serves any number of listeners and single connections. */
export interface GrpcServer extends AsyncDisposable {
  /**
   * Takes connections at `address` until the listener or the server is closed. One from which no call is let in for a
   * while is closed; after its first call a peer may stay silent as long as it likes.
   */
  listen(address: ListenAddress): Promise<Listener>;
  /**
   * Serves HTTP/2 with prior knowledge on one connection of any kind. Resolves when the connection has ended, however
   * it ended. A peer may stay silent as long as it likes; no pings are sent.
   */
  accept(connection: Duplex, peer?: string): Promise<void>;
  /**
   * Takes no more connections and calls, waits up to `grace` (by default not at all) for those under way, ends the rest
   * with UNAVAILABLE and closes every connection. Does not wait for handlers that ignore their signal.
   */
  close(options?: { readonly grace?: Duration }): Promise<void>;
}

/** Creates a server; it does nothing until `listen` or `accept`. */
export function createGrpcServer(options: GrpcServerOptions): GrpcServer {
  return new Http2Server(options);
}

/** A connection to be served; one that a listener has taken has to be admitted. */
type Accepted = Pick<Arrival, 'socket' | 'peer'> & Partial<Arrival>;

/** Who is at the other end of a connection. */
interface Caller extends Pick<ServerCall, 'peer' | 'connection' | 'gone' | 'hangUp'> {
  /** Whether the connection may stay, now that a call of it was let in. */
  readonly admit: () => boolean;
}

const TOO_MANY = `${MAX_CONNECTIONS} clients are connected, the most that are served at the same time`;

class Http2Server implements GrpcServer {
  readonly #options: GrpcServerOptions;
  readonly #routes: ReadonlyMap<string, Route>;
  readonly #listeners = new Set<Listener>();
  readonly #sessions = new Map<
    ServerHttp2Session,
    { readonly socket: Duplex; readonly closed: Promise<void> }
  >();
  readonly #calls = new Set<Http2ServerCall>();
  #closed: Promise<void> | undefined;

  constructor(options: GrpcServerOptions) {
    this.#options = options;
    this.#routes = new Map(options.routes.map((route) => [methodPath(route.method), route]));
  }

  async listen(address: ListenAddress): Promise<Listener> {
    const listener = await openListener(address, (arrival) => void this.#take(arrival));
    this.#listeners.add(listener);
    if (this.#closed) await listener[Symbol.asyncDispose]();
    return listener;
  }

  accept(connection: Duplex, peer = 'duplex'): Promise<void> {
    return this.#take({ socket: connection, peer });
  }

  close({ grace = 0 }: { readonly grace?: Duration } = {}): Promise<void> {
    this.#closed ??= this.#close(parseDuration(grace));
    return this.#closed;
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  #take({ socket: connection, peer, visit }: Accepted): Promise<void> {
    if (this.#closed || connection.destroyed) {
      connection.destroy();
      return Promise.resolve();
    }
    const socket = unblocked(connection);
    const gone = new AbortController();
    const admit = () => visit?.admit() ?? true;
    const session = performServerHandshake(socket, SERVER_SESSION);
    const hangUp = () => void nextTurn().then(() => end(session, socket));
    const caller: Caller = { peer, connection: Symbol(peer), gone: gone.signal, hangUp, admit };
    session.setLocalWindowSize(SERVER_WINDOW);
    session.on('error', () => socket.destroy());
    session.on('stream', (stream, headers) => void this.#serve(stream, headers, caller));
    const { promise, resolve } = Promise.withResolvers<void>();
    this.#sessions.set(session, { socket, closed: promise });
    session.once('close', () => {
      this.#sessions.delete(session);
      gone.abort();
      resolve();
    });
    return promise;
  }

  async #serve(stream: ServerHttp2Stream, headers: IncomingHttpHeaders, caller: Caller): Promise<void> {
    if (refuseHttp(stream, headers)) return;
    const call = new Http2ServerCall(stream, headers, caller);
    this.#calls.add(call);
    stream.once('close', () => this.#calls.delete(call));
    try {
      await this.#intercepted(stream, call, caller);
      call.end();
    } catch (error) {
      call.end(this.#statusOf(error, call));
    }
  }

  #intercepted(stream: ServerHttp2Stream, call: Http2ServerCall, { admit }: Caller): Promise<void> {
    const route = this.#routes.get(call.path);
    const next = async () => {
      if (!route) throw new GrpcError(Status.UNIMPLEMENTED, `${call.path} is not served here`);
      const { maxCalls = MAX_CALLS } = this.#options;
      if (this.#calls.size > maxCalls) {
        throw new GrpcError(
          Status.RESOURCE_EXHAUSTED,
          `${maxCalls} calls are under way, the most that are served`,
        );
      }
      if (!admit()) throw new GrpcError(Status.RESOURCE_EXHAUSTED, TOO_MANY);
      await runHandler(route, stream, call);
    };
    return this.#options.intercept ? this.#options.intercept(call, next) : next();
  }

  #statusOf(error: unknown, call: ServerCall): GrpcError {
    if (error instanceof GrpcError) return error;
    return (
      this.#options.toStatus?.(error, call) ??
      new GrpcError(Status.UNKNOWN, 'internal error', { cause: error })
    );
  }

  async #close(grace: number): Promise<void> {
    for (const listener of this.#listeners) await listener[Symbol.asyncDispose]();
    const closed = Promise.all([...this.#sessions.values()].map((session) => session.closed));
    for (const session of this.#sessions.keys()) session.close();
    if (grace > 0) await settledWithin(closed, grace);
    for (const call of this.#calls) call.abort(new GrpcError(Status.UNAVAILABLE, 'the server is closing'));
    await nextTurn(); // One turn to get the statuses out; a peer that does not read them misses them.
    for (const [session, { socket }] of this.#sessions) end(session, socket);
    await closed;
  }
}

function end(session: ServerHttp2Session, socket: Duplex): void {
  session.destroy(undefined, constants.NGHTTP2_NO_ERROR);
  socket.destroy(); // A session that was closed before would wait for its peer.
}

async function settledWithin(promise: Promise<unknown>, milliseconds: number): Promise<void> {
  const { promise: late, resolve } = Promise.withResolvers<void>();
  using _ = startTimer(milliseconds, resolve);
  await Promise.race([promise, late]);
}
