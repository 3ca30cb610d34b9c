import type { Log } from '../core/index.ts';
import type { DriverNode } from './driver.ts';

/** What a driver gets when a session opens it. */
export interface OpenContext {
  readonly log: Log;
  /** Aborts when the session that is being opened is given up. */
  readonly signal: AbortSignal;
  /** Dotted path of the node in the tree, `''` for the root: for logs and errors. */
  readonly path: string;
  /** Folder for what a user may want to see afterwards (transcripts, command lines, pictures), if there is to be one. */
  readonly artifacts: string | undefined;
  /** Serves further trees beside the one that is being opened, where whoever opens it can do so. */
  readonly offer?: Offer | undefined;
}

/**
 * Serves what `open` opens as a session of its own, which has such a function itself. It is closed when its last connection ends, when
 * nobody has connected to it for a while, or before its `caller` has gone, or with the session whose driver has offered it.
 */
export type Offer = (
  open: (own: Offer) => Promise<{ readonly name: string; readonly root: DriverNode }>,
  caller?: Pick<Peer, 'gone'>,
) => Promise<OfferedSession>;

/** A session that is served beside another one. */
export interface OfferedSession {
  /** The uuid of a driver that is in no report; its stream `connect` carries a connection to the session. */
  readonly driver: string;
  /** What the session takes for the mark of its own process. */
  readonly localToken: string;
  /** Ends it. Called again, or when it has ended by itself, it waits for the same. */
  end(): Promise<void>;
}

/** What a method gets with each call. */
export interface CallContext {
  /** Aborts when the caller gives up or goes away; then rethrow `signal.reason`. */
  readonly signal: AbortSignal;
  readonly log: Log;
  readonly peer: Peer;
}

/** Who calls. */
export interface Peer {
  /** For people: `unix socket, connection 3`. */
  readonly name: string;
  /** True for the private session within our own process: it may name files of the host. */
  readonly local: boolean;
  /** Aborts when the connection of the call has ended, also long after the call; there is none where that cannot be told. */
  readonly gone?: AbortSignal | undefined;
}
