import type { Log } from '../core/index.ts';

/** What a driver gets when a session opens it. */
export interface OpenContext {
  readonly log: Log;
  /** Aborts when the session that is being opened is given up. */
  readonly signal: AbortSignal;
  /** Dotted path of the node in the tree, `''` for the root: for logs and errors. */
  readonly path: string;
  /** Folder for what a user may want to see afterwards (transcripts, command lines, pictures), if there is to be one. */
  readonly artifacts: string | undefined;
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
}
