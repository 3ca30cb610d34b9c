import { UnreachableError, type WaitOptions } from '../core/index.ts';
import type { Interface } from '../interfaces/index.ts';
import type { ExporterReport, ExporterState, LogEntry, RemoteExporter, ReportNode } from '../rpc/index.ts';
import type { RemoteNode, SessionInfo } from './node.ts';
import { remoteNode } from './remote-node.ts';

/** The session behind a tree of handles. */
export interface Session extends AsyncDisposable {
  /** Where it is: the path of a socket, or `host:port`. */
  readonly target: string;
  /** What the exporter says of itself and of its tree. */
  readonly report: ExporterReport;
  /** Aborts when the session is closed or its connection is lost, with an UnreachableError. Nothing brings it back. */
  readonly signal: AbortSignal;
  /** The node at a dotted path (`''` is the root) with the calls of `contract`; undefined if there is none. */
  node<I extends Interface>(path: string, contract: I): RemoteNode<I> | undefined;
  status(options?: WaitOptions): Promise<ExporterState>;
  /** What the exporter logs, from the oldest entry that nobody has read yet. */
  logs(options?: WaitOptions): AsyncIterable<LogEntry>;
  /** Tells the exporter that this client is done. False where there was no lease to end. */
  endSession(options?: WaitOptions): Promise<boolean>;
  /** Closes what was opened through the session, then its connection. Called again, it waits for the same. */
  close(): Promise<void>;
}

/** A session with what its handles need. */
export interface OpenSession extends Session {
  readonly exporter: RemoteExporter;
  readonly info: SessionInfo;
}

/** What a session is told about itself. */
export interface SessionDetails {
  /** The session's own process is ours. */
  readonly local: boolean;
  readonly artifacts: string | undefined;
  /** Closed last, after the connection. */
  readonly beneath?: AsyncDisposable | undefined;
}

/** Makes a session of a connection. */
export function createSession(
  exporter: RemoteExporter,
  { local, artifacts, beneath }: SessionDetails,
): OpenSession {
  const target = exporter.name;
  const closing = new AbortController();
  const signal = AbortSignal.any([closing.signal, exporter.lost]);
  const opened = new Set<() => PromiseLike<void> | void>();
  const stack = new AsyncDisposableStack();
  stack.use(beneath);
  stack.use(exporter);
  stack.defer(async () => {
    await using closers = new AsyncDisposableStack();
    for (const close of opened) closers.defer(close);
  });
  stack.defer(() => closing.abort(new UnreachableError(`the session with ${target} was closed`, { target })));
  const info: SessionInfo = {
    target,
    local,
    artifacts,
    signal,
    defer: (close) => void opened.add(close),
  };
  let closed: Promise<void> | undefined;
  const close = () => {
    closed ??= stack.disposeAsync();
    return closed;
  };
  return {
    target,
    exporter,
    info,
    report: exporter.report,
    signal,
    node: (path, contract) => {
      const found = findNode(exporter.report.root, path);
      return found && remoteNode(exporter, info, found, contract);
    },
    status: (options) => exporter.status(options),
    logs: (options) => exporter.logs(options),
    endSession: (options) => exporter.endSession(options),
    close,
    [Symbol.asyncDispose]: close,
  };
}

function findNode(root: ReportNode, path: string): ReportNode | undefined {
  if (path === '') return root;
  return path.split('.').reduce<ReportNode | undefined>((node, name) => node?.children.get(name), root);
}

const sessions = new WeakMap<object, Session>();

/** Remembers the session of a handle. */
export function rememberSession(handle: object, session: Session): void {
  sessions.set(handle, session);
}

/** The session behind `tree`, or behind any handle in it. @throws TypeError for what is no handle */
export function sessionOf(tree: object): Session {
  const session = sessions.get(tree);
  if (session) return session;
  throw new TypeError('sessionOf: this is not a handle of a connected session');
}
