import type { Client, Interface, Rig } from '../interfaces/index.ts';
import type { RawCalls } from '../rpc/index.ts';

/** One node of a connected session: what the typed handles are made of. */
export interface RemoteNode<I extends Interface = Interface> {
  /** Dotted path in the tree, `''` for the root: for errors. */
  readonly path: string;
  /** The raw calls of the node's interface. */
  readonly calls: Client<I>;
  /** True when the peer announces our interface id: our extension methods are there. A stock Jumpstarter exporter has none. */
  readonly extended: boolean;
  readonly session: SessionInfo;
  /** Whether the peer says that it has this method. */
  offers(method: keyof I['methods'] & string): boolean;
  /** The child of that name, if the report has it. */
  child<C extends Interface>(name: string, contract: C): RemoteNode<C> | undefined;
  /** What the node was connected as, where a rig says so. */
  readonly rig: Rig | undefined;
  /** The raw calls of a driver of the same session that is in no report; `name` is what errors call it. */
  besides(uuid: string, name: string): RawCalls;
  /** This node, or the nearest above it, that is such a one. */
  nearest<C extends Interface>(contract: C): RemoteNode<C> | undefined;
}

/** The session that a node belongs to. */
export interface SessionInfo {
  /** Where the session is: the path of a socket, or `host:port`. */
  readonly target: string;
  /** True for a session of our own process: paths of files may be handed over instead of their bytes. */
  readonly local: boolean;
  /** Folder for pictures and other leavings, if the user named one. */
  readonly artifacts: string | undefined;
  /** Aborts when the session ends, with the reason why. */
  readonly signal: AbortSignal;
  /** Closes something together with the session, before its connection. */
  defer(close: () => PromiseLike<void> | void): void;
}
