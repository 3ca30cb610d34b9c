import {
  type ClientHttp2Session,
  type ClientHttp2Stream,
  connect,
  constants,
  type OutgoingHttpHeaders,
} from 'node:http2';
import type { Duplex } from 'node:stream';
import { CLIENT_SESSION, CLIENT_WINDOW } from './limits.ts';
import { GrpcError, Status } from './status.ts';
import { openSocket, type Target, targetName } from './target.ts';
import { unblocked } from './unblocked.ts';

/** One HTTP/2 connection of a channel. It keeps the process alive only while a call is under way. */
export class Connection {
  readonly name: string;
  readonly #session: ClientHttp2Session;
  readonly #socket: Duplex;
  readonly #hint: string;
  #calls = 0;
  #hasAnswered = false;
  #cause: unknown;

  /** @param hint What is added when the peer has gone without a word. */
  constructor(connection: Duplex, name: string, hint = '') {
    this.name = name;
    this.#hint = hint;
    this.#socket = unblocked(connection);
    // The URL only has to be one: every request carries its own authority and scheme.
    this.#session = connect('http://localhost', { ...CLIENT_SESSION, createConnection: () => this.#socket });
    this.#session.once('connect', () => this.#session.setLocalWindowSize(CLIENT_WINDOW));
    this.#session.once('remoteSettings', () => {
      this.#hasAnswered = true;
    });
    const onError = (error: unknown) => {
      this.#cause ??= error;
      this.#socket.destroy();
    };
    this.#session.on('error', onError);
    connection.on('error', onError);
    this.#session.on('goaway', (code) => {
      if (code !== constants.NGHTTP2_NO_ERROR)
        this.#cause ??= new Error(`the peer sent GOAWAY with code ${code}`);
    });
    this.#session.unref();
  }

  /** False once no new call can start here. */
  get isUsable(): boolean {
    return !this.#session.closed && !this.#session.destroyed && !this.#socket.destroyed;
  }

  /** Starts a request. @throws GrpcError UNAVAILABLE when the connection is no longer usable */
  request(headers: OutgoingHttpHeaders): ClientHttp2Stream {
    if (!this.isUsable) {
      throw (
        this.loss ?? new GrpcError(Status.UNAVAILABLE, `${this.name} takes no more calls on this connection`)
      );
    }
    const stream = this.#session.request(headers, { endStream: false });
    if (this.#calls++ === 0) this.#session.ref();
    stream.once('close', () => {
      if (--this.#calls === 0) this.#session.unref();
    });
    return stream;
  }

  /** Why a call ended without a status, if it was the connection; undefined if the connection is well. */
  get loss(): GrpcError | undefined {
    if (!this.#session.destroyed && !this.#socket.destroyed) return undefined;
    const cause = this.#cause instanceof Error ? `: ${this.#cause.message}` : '';
    const why = this.#hasAnswered ? cause : cause + this.#hint;
    const options = this.#cause === undefined ? {} : { cause: this.#cause };
    return new GrpcError(Status.UNAVAILABLE, `the connection to ${this.name} was lost${why}`, options);
  }

  /** Ends the connection and with it every call. */
  close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    if (this.#session.destroyed) resolve();
    this.#session.once('close', resolve);
    this.#session.destroy();
    this.#socket.destroy(); // A session that got GOAWAY would wait for its peer.
    return promise;
  }
}

/** Connects to `target`. @throws GrpcError UNAVAILABLE */
export async function openConnection(target: Target, signal: AbortSignal): Promise<Connection> {
  const hint = 'insecure' in target ? '; does it want TLS? It was called without' : '';
  return new Connection(await openSocket(target, signal), targetName(target), hint);
}
